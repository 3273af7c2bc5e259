import { z } from "zod";
import { defineReward } from "../define.ts";
import { mathEqual } from "../math/equal.ts";
import { extract, extractOption } from "../text/extract.ts";

/**
 * Whether the completion opens with the right token of several, such as `<CODE>` or `<DIRECT>`, and goes on to a right answer.
 *
 * Target: the label of the right token, one of the keys of `tokens`. Returns 1 for the right token and a right answer, `partial` for the
 * right token and a wrong answer, 0 for another token or none. In [0, 1].
 * Source: Visual Programmability (arXiv:2509.09286), decision reward; its partial credit is not stated, 0.5 is ours.
 */
export const decision = defineReward({
  name: "decision",
  target: z.string().min(1),
  field: "programmability",
  options: z.strictObject({
    tokens: z.record(z.string(), z.string().min(1)).default({ high: "<CODE>", low: "<DIRECT>" }).describe("label to token"),
    partial: z.number().min(0).max(1).default(0.5).describe("what the right token with a wrong answer is worth"),
    extract: extractOption("boxed"),
    answer_field: z.string().min(1).default("answer").describe("the example's field with the right answer"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<CODE> so \\boxed{12}", target: "high", fields: { answer: "12" }, score: 1 },
    { completion: "<CODE> so \\boxed{13}", target: "high", fields: { answer: "12" }, score: 0.5 },
  ],
  score({ completion, target, options: { tokens, partial, extract: from, answer_field }, example }) {
    const token = tokens[target];
    if (token === undefined) throw new Error(`the label ${JSON.stringify(target)} is none of ${Object.keys(tokens).join(", ")}`);
    const gold = z.union([z.string().min(1), z.number()]).parse(example[answer_field]);
    if (!completion.trimStart().startsWith(token)) return 0;
    const given = extract(completion, from);
    return given !== null && mathEqual(String(gold), given) ? 1 : partial;
  },
});
