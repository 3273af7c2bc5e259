import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag, wholeNumber } from "../parse.ts";
import { answeredCount } from "./structured-format.ts";
import { Tag, writtenBoxes } from "./written.ts";

/**
 * Whether the number of things was found.
 *
 * The number is that of `<answer>7</answer>` or `<answer>{"cup count": 7}</answer>`. With `fallback: think` a wrong or missing one may be made
 * good by as many boxes in the last `<think>…</think>`.
 *   exact   1 for the right number, else 0
 *   graded  max(0, 1 - |n - target| / (tolerance * max(target, 1)))
 * Target: a whole number >= 0. Returns [0, 1]; 0 without a number. Metrics: `answer`, `think` (1 where each has the right number), `fallback`.
 * Source: Artemis (arXiv:2512.01988), counting and its fallback; `graded` is the relative error.
 */
export const count = defineReward({
  name: "count",
  target: z.int().min(0),
  field: "count",
  options: z.strictObject({
    grade: z
      .enum(["exact", "graded"])
      .default("exact")
      .describe("exact: 1 for the right number, else 0; graded: less by the relative error"),
    tolerance: z.number().gt(0).default(1).describe("the relative error from which on a graded count is worth nothing"),
    fallback: z.enum(["none", "think"]).default("none").describe("think: boxes in the thinking may stand in for the answer"),
    tag: Tag.unwrap().default("answer").describe("where the number is read"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>5</answer>", target: 5, score: 1 },
    { completion: "<answer>4</answer>", target: 5, options: { grade: "graded" }, score: 1 - 1 / 5 },
  ],
  score({ completion, target, options }) {
    const given = wholeNumber(lastTag(completion, options.tag) ?? "") ?? answeredCount(completion);
    const listed = writtenBoxes(lastTag(completion, "think") ?? "").count;
    const answered = given === null ? 0 : graded(given, target, options);
    const fallback = options.fallback === "think" && answered < 1 && listed > 0;
    const score = fallback ? Math.max(answered, graded(listed, target, options)) : answered;
    return { score, metrics: { answer: given === target ? 1 : 0, think: listed === target ? 1 : 0, fallback: fallback ? 1 : 0 } };
  },
});

function graded(given: number, target: number, { grade, tolerance }: { grade: "exact" | "graded"; tolerance: number }): number {
  if (grade === "exact") return given === target ? 1 : 0;
  return Math.max(0, 1 - Math.abs(given - target) / (tolerance * Math.max(target, 1)));
}
