import { z } from "zod";
import { defineReward } from "../define.ts";
import { askFor, judgeOptions } from "../judges/asked.ts";
import { fillQuestion, WARNING } from "../judges/question.ts";
import { extract, extractOption } from "../text/extract.ts";
import { gradeScale, gradeWithin } from "./graded.ts";

const QUESTION = `How good is this answer, from {low} (useless) to {high} (perfect)?

{completion}

${WARNING}

Write your reasons in a few sentences, then a last line: SCORE: and a number`;

const Options = z
  .strictObject({
    ...judgeOptions,
    question: z
      .string()
      .min(1)
      .default(QUESTION)
      .describe(
        "asked of both answers, {completion} being one of them; {low}, {high} and {any_field} are filled in; it has to ask for a line SCORE:",
      ),
    extract: extractOption(),
    ...gradeScale,
    beta: z.number().gt(0).default(1).describe("how fast a lead is worth all"),
  })
  .refine(({ low, high }) => low < high, "expected low < high");

/**
 * How far a judge puts the answer above a reference answer: 1 - exp(-beta * (S - S_ref)) where S > S_ref, else 0, S being the grade that the
 * judge gives each by itself, between `low` and `high`.
 *
 * Target: the reference, a text. Returns [0, 1); 0 where no answer is found, and nobody is asked then. Metric: `lead`, S - S_ref.
 * Source: VLAA-Thinker (arXiv:2504.11468), its reward for open questions, where a reward model gives S.
 */
export const judgeRelative = defineReward({
  name: "judge_relative",
  target: z.string().regex(/\S/, "expected text that is not blank"),
  field: "answer",
  options: Options,
  range: [0, 1],
  needs: ["judges", "pictures"],
  examples: [{ completion: "<answer>a cat</answer>", target: "a dog", options: { judge: "teacher" }, judge: "SCORE: 7", score: 0 }],
  async score(input) {
    const { completion, target, options, example } = input;
    const { low, high, beta } = options;
    const given = extract(completion, options.extract)?.trim() ?? "";
    if (given === "") return 0;
    const grade = (answer: string) =>
      askFor(input, fillQuestion(options.question, { completion: answer }, { ...example, low, high }), (text) =>
        gradeWithin(text, low, high),
      );
    const [own, reference] = await Promise.all([grade(given), grade(target)]);
    const lead = own - reference;
    return { score: lead > 0 ? -Math.expm1(-beta * lead) : 0, metrics: { lead } };
  },
});
