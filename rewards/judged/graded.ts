import { z } from "zod";
import { defineReward } from "../define.ts";
import { askFor, judgeOptions } from "../judges/asked.ts";
import { fillQuestion, lastLabelled, WARNING } from "../judges/question.ts";
import { judgedReward } from "./base.ts";

const QUESTION = `How good is this response, from {low} (useless) to {high} (perfect)?

{completion}

${WARNING}

Write your reasons in a few sentences, then a last line: SCORE: and a number`;

/** The grades that a judge may give. */
export const gradeScale = {
  low: z.number().default(0).describe("the worst grade"),
  high: z.number().default(10).describe("the best grade"),
};

const Options = z
  .strictObject({
    ...judgeOptions,
    question: z
      .string()
      .min(1)
      .default(QUESTION)
      .describe("{completion}, {low}, {high}, {target} and {any_field} are filled in; it has to ask for a line SCORE:"),
    ...gradeScale,
  })
  .refine(({ low, high }) => low < high, "expected low < high");

/**
 * A judge's grade between `low` and `high`, as a share of that range in [0, 1]. A grade outside of it is no answer.
 * Source: single answer grading, Zheng et al. (arXiv:2306.05685).
 */
export const judgeGraded = defineReward({
  name: "judge_graded",
  ...judgedReward,
  options: Options,
  reads: "all",
  examples: [
    { completion: "It is 15.", options: { judge: "teacher" }, judge: "SCORE: 10", score: 1 },
    { completion: "It is 15.", options: { judge: "teacher" }, judge: "Rather short.\nSCORE: 7", score: 7 / 10 },
  ],
  async score(input) {
    const { completion, target, options, example } = input;
    const { low, high } = options;
    const prompt = fillQuestion(options.question, { completion }, { ...example, target, low, high });
    const grade = await askFor(input, prompt, (text) => gradeWithin(text, low, high));
    return (grade - low) / (high - low);
  },
});

/** The grade, if it is one from `low` to `high`. */
export function gradeWithin(text: string, low: number, high: number): number | null {
  const grade = readGrade(text);
  return grade !== null && grade >= low && grade <= high ? grade : null;
}

/** `7`, `7.5` or `7/10`, which is 7; null for anything else. */
export function readGrade(text: string): number | null {
  const said = lastLabelled(text, "score") ?? "";
  const match = /^(-?[0-9]+(?:\.[0-9]+)?)(?:\s*\/\s*[0-9]+)?$/.exec(said.trim());
  return match === null ? null : Number(match[1]);
}
