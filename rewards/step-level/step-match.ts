import { z } from "zod";
import { defineReward } from "../define.ts";
import { Chain, chainOptions, heldAgainst } from "./chain.ts";
import { matchSteps } from "./match.ts";

const Options = z.strictObject({
  ...chainOptions,
  order: z
    .enum(["place", "sequence", "any"])
    .default("sequence")
    .describe("which expected step a given one may stand for: that of its place, any in the same order, any"),
  measure: z
    .enum(["strict", "recall", "precision", "f1"])
    .default("strict")
    .describe("what the agreement is divided by: the larger count of steps, those expected, those given, or their mean"),
});

/**
 * Agreement of the steps of the completion with a reference chain.
 *
 * Steps are found as `split` says, held against the expected ones as `compare` says, and paired so that the sum of the agreements is as large
 * as `order` allows. Range [0, 1]; 0 without steps. With `recall` further steps cost nothing, so that guessing at length pays: use it for logs.
 * What follows an error can still agree, unlike in `first_error`. Target: a list of 1 to 200 texts or numbers.
 * Steps: each that was looked at (up to `max_steps`), named by its place, with its agreement. Metrics: `recall`, `precision`.
 * Source: this project; ordered matching is the longest common subsequence, unordered an optimal assignment.
 */
export const stepMatch = defineReward({
  name: "step_match",
  target: Chain,
  field: "steps",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "3 + 7 = 10\n10 + 5 = 15", target: ["3 + 7 = 10", "10 + 5 = 15"], score: 1 },
    { completion: "3 + 7 = 11\n10 + 5 = 15", target: ["3 + 7 = 10", "10 + 5 = 15"], score: 1 / 2 },
  ],
  score({ completion, target, options }) {
    const { steps, count, weights } = heldAgainst(completion, target, options);
    const scores = matchSteps(weights, options.order).map((j, i) => (j < 0 ? 0 : weights[i]![j]!));
    const total = scores.reduce((sum, one) => sum + one, 0);
    const share = (of: number) => (of === 0 ? 0 : Math.min(1, total / of));
    const [recall, precision] = [share(target.length), share(count)];
    const measures = { recall, precision, strict: share(Math.max(target.length, count)), f1: share((target.length + count) / 2) };
    return {
      score: measures[options.measure],
      steps: steps.map(({ start, end }, i) => ({ name: `step/${i}`, start, end, score: scores[i]! })),
      metrics: { recall, precision },
    };
  },
});
