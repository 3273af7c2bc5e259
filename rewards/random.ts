import { z } from "zod";
import { deriveSeed } from "../core/random.ts";
import { defineReward } from "./define.ts";

/**
 * A control: a score in [0, 1) that has nothing to do with being right. Training on it must not raise accuracy; if it does,
 * what looks like learning comes from somewhere else.
 *
 * A hash of the run's seed, the option `seed`, the example's id and the completion: the same completion of the same example
 * always gets the same score. The target is not read. Source: this project.
 */
export const random = defineReward({
  name: "random",
  target: z.unknown(),
  field: "answer",
  options: z.strictObject({ seed: z.int().default(0).describe("another seed gives other scores in the same run") }),
  range: [0, 1],
  examples: [{ completion: "<answer>15</answer>", score: 0.4990679114125669 }],
  score: ({ completion, exampleId, seed, options }) => deriveSeed(seed, "random reward", options.seed, exampleId, completion) / 2 ** 32,
});
