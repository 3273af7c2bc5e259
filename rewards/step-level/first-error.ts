import { z } from "zod";
import type { StepScore } from "../../core/types.ts";
import { defineReward } from "../define.ts";
import { lastTag, plainNumber } from "../parse.ts";
import { Chain, chainOptions, heldAgainst } from "./chain.ts";

const Options = z.strictObject({
  ...chainOptions,
  after: z
    .enum(["zero", "skip"])
    .default("skip")
    .describe("steps after the first error: 0, or not judged, since what follows from an error is neither right nor wrong"),
});

/**
 * How far the completion gets before its first wrong step: right steps before it / max(expected, given), each held against the expected one
 * of its place. Range [0, 1]; 0 without steps, and where the first is wrong.
 *
 * Nothing is paired or skipped, unlike in `step_match`. Target: a list of 1 to 200 texts or numbers. A step beyond the expected ones is an error.
 * Steps: 1 up to the first error, 0 there; those after it as `after` says. Metric: `first_error`, the index of the first step that is wrong or
 * missing / expected steps, 1 when there is none.
 * Source: this project; labels up to the first error are those of PRM800K (arXiv:2305.20050).
 */
export const firstError = defineReward({
  name: "first_error",
  target: Chain,
  field: "steps",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "3 + 7 = 10\n10 + 5 = 15", target: ["3 + 7 = 10", "10 + 5 = 15"], score: 1 },
    { completion: "3 + 7 = 11\n10 + 5 = 15", target: ["3 + 7 = 10", "10 + 5 = 15"], score: 0 },
  ],
  score({ completion, target, options }) {
    const { steps, count, weights } = heldAgainst(completion, target, options);
    const wrong = weights.findIndex((row, i) => (row[i] ?? 0) === 0);
    const right = wrong < 0 ? weights.length : wrong;
    const judged: StepScore[] = steps.map(({ start, end }, i) => ({ name: `step/${i}`, start, end, score: i < right ? 1 : 0 }));
    return {
      score: right / Math.max(target.length, count),
      steps: options.after === "zero" ? judged : judged.slice(0, right + 1),
      metrics: { first_error: right / target.length },
    };
  },
});

/**
 * Whether the completion names the first wrong step of a solution it was shown: 1 if the last `<answer>` is the target's index, else 0.
 * Target: an index from 0, or -1 for a solution without an error. Source: ProcessBench (arXiv:2412.06559).
 */
export const errorLocation = defineReward({
  name: "error_location",
  target: z.int().min(-1, "expected an index from 0, or -1 for no error"),
  field: "first_error",
  range: [0, 1],
  examples: [
    { completion: "<answer>2</answer>", target: 2, score: 1 },
    { completion: "<answer>2</answer>", target: -1, score: 0 },
  ],
  score({ completion, target }) {
    const given = plainNumber(lastTag(completion, "answer") ?? "");
    return given === String(target) ? 1 : 0;
  },
});
