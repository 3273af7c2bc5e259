import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { sameText } from "./text.ts";

const Options = z.strictObject({
  max_tokens: z.int().min(1).describe("the length at which the cosine ends"),
  form: z.enum(["trl", "ms_swift"]).default("trl").describe("ms_swift goes on past max_tokens: the cosine turns round"),
  min_correct: z.number().default(0.5).describe("a right answer at max_tokens"),
  max_correct: z.number().default(1).describe("a right answer of no length"),
  min_wrong: z.number().optional().describe("a wrong answer of no length; -1 for trl, -0.5 for ms_swift"),
  max_wrong: z.number().optional().describe("a wrong answer at max_tokens; -0.5 for trl, 0 for ms_swift"),
});
type Options = z.infer<typeof Options>;

/**
 * Short right answers are paid best, and short wrong ones least: an error should have been thought over.
 *
 *   p     = n / max_tokens, at most 1 (trl), or as it is (ms_swift)
 *   right = min + (max - min) * (1 + cos(pi p)) / 2, from max_correct down to min_correct
 *   wrong = the same from min_wrong up to max_wrong
 *
 * Right is the last `<answer>` being the target, as plain text or plain number. Range: between the smallest and the largest of the four
 * values, [-1, 1] by default. Both trainers' numbers are for completions they could check; none is 0 by nature.
 * Source: Demystifying Long Chain-of-Thought (arXiv:2502.03373); TRL `get_cosine_scaled_reward`; ms-swift `cosine`.
 */
export const cosineLength = defineReward({
  name: "cosine_length",
  target: z.union([z.number(), z.string().regex(/\S/, "expected text that is not blank")]),
  field: "answer",
  options: Options,
  examples: [
    { completion: "<answer>15</answer>", target: "15", options: { max_tokens: 100 }, tokens: 0, score: 1 },
    { completion: "<answer>15</answer>", target: "15", options: { max_tokens: 100 }, tokens: 50, score: 0.75 },
    { completion: "<answer>16</answer>", target: "15", options: { max_tokens: 100 }, tokens: 50, score: -0.75 },
  ],
  score: ({ completion, tokens, target, options }) =>
    cosineScaled(tokens, sameText(lastTag(completion, "answer") ?? "", String(target)), options),
});

/** The value of a completion of so many tokens, right or wrong. */
export function cosineScaled(tokens: number, right: boolean, { max_tokens, form, ...values }: Options): number {
  const wrong = form === "trl" ? ([-1, -0.5] as const) : ([-0.5, 0] as const);
  const [short, long] = right ? [values.max_correct, values.min_correct] : [values.min_wrong ?? wrong[0], values.max_wrong ?? wrong[1]];
  const part = tokens / max_tokens;
  return long + ((short - long) * (1 + Math.cos(Math.PI * (form === "trl" ? Math.min(part, 1) : part)))) / 2;
}
