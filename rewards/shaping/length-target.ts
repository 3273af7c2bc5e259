import { z } from "zod";
import { defineReward } from "../define.ts";

const Options = z.strictObject({
  form: z.enum(["exact", "max"]).default("exact").describe("exact: every token off costs; max: the target is a budget"),
  alpha: z.number().positive().default(0.0003).describe("what a token costs"),
  delta: z.number().default(0.5).describe("form max: the score of a completion that is just as long as its budget"),
});
type Options = z.infer<typeof Options>;

/**
 * How close the completion is to the length that its example asks for. Target: a whole number of tokens, 1 or more.
 *
 *   exact: -alpha * |target - n|                         range (-infinity, 0]
 *   max:   clip(alpha * (target - n) + delta, 0, 1)      range [0, 1]
 *
 * The paper adds the first to the score of the answer and multiplies it with the second.
 * Source: L1 (arXiv:2503.04697), equations 1 and 2.
 */
export const lengthTarget = defineReward({
  name: "length_target",
  target: z.int().min(1, "expected 1 token or more"),
  field: "target_tokens",
  options: Options,
  examples: [
    { completion: "a", target: 500, tokens: 500, score: 0 },
    { completion: "a", target: 500, tokens: 600, score: -0.0003 * 100 },
    { completion: "a", target: 500, tokens: 600, options: { form: "max" }, score: 0.5 - 0.0003 * 100 },
  ],
  score: ({ tokens, target, options }) => targetLength(tokens, target, options),
});

export function targetLength(tokens: number, target: number, { form, alpha, delta }: Options): number {
  if (form === "max") return Math.min(1, Math.max(0, alpha * (target - tokens) + delta));
  return tokens === target ? 0 : -alpha * Math.abs(target - tokens);
}
