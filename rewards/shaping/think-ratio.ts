import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { TagName } from "./tags.ts";

const Options = z
  .strictObject({
    think: TagName.default("think").describe("the tag of the thought"),
    answer: TagName.default("answer").describe("the tag of the answer"),
    low: z.number().positive().default(1).describe("the least length of the thought, in answers"),
    high: z.number().positive().default(20).describe("the greatest"),
  })
  .refine(({ low, high }) => low <= high, { path: ["high"], message: "expected low or more" });

/**
 * Whether the thought is neither short nor long beside the answer: with r = characters of the last thought / characters of the last answer,
 * ends trimmed, 1 for low <= r <= high, r / low below, high / r above. The target is not read.
 *
 * Range [0, 1]; 0 without both, or where either is blank.
 * Source: this project; a bound on the ratio stops thoughts that are left out and answers that repeat the thought.
 */
export const thinkRatio = defineReward({
  name: "think_ratio",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "<think>five</think><answer>5</answer>", score: 1 },
    { completion: "<think>5</think><answer>five</answer>", score: 1 / 4 },
  ],
  score({ completion, options: { think, answer, low, high } }) {
    const [thought, answered] = [think, answer].map((tag) => (lastTag(completion, tag) ?? "").trim().length);
    if (thought === 0 || answered === 0) return 0;
    const ratio = thought! / answered!;
    return Math.min(1, ratio / low, high / ratio);
  },
});
