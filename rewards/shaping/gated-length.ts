import { z } from "zod";
import { defineReward } from "../define.ts";
import { charsOf, wordsOf } from "./text.ts";

const Options = z.strictObject({
  gate: z.string().default("complex scenario").describe("only completions that say this pay, in whatever case; blank: all do"),
  center: z.number().default(400).describe("the length at which half of the penalty is paid"),
  coef: z.number().positive().default(0.002).describe("how steep the sigmoid is, by unit"),
  unit: z.enum(["chars", "words", "tokens"]).default("chars").describe("what length is counted in"),
});
type Options = z.infer<typeof Options>;

/**
 * A penalty for long reasoning, paid only where the completion says that it reasons: -sigmoid((length - center) * coef), else 0.
 *
 * Range (-1, 0], down to -1 itself where the sigmoid rounds. The target is not read. A weight of 0.3 and its driving score make AutoVLA's
 * reward. Source: AutoVLA (arXiv:2506.13757), whose length is the characters of the whole completion.
 */
export const gatedLength = defineReward({
  name: "gated_length",
  target: z.unknown(),
  field: "answer",
  range: [-1, 0],
  options: Options,
  examples: [
    { completion: "It is clear.", score: 0 },
    { completion: "A complex scenario!", options: { center: 19 }, score: -1 / 2 },
  ],
  score({ completion, tokens, options }) {
    if (!completion.toLowerCase().includes(options.gate.toLowerCase())) return 0;
    return -1 / (1 + Math.exp((options.center - lengthOf(completion, tokens, options)) * options.coef));
  },
});

function lengthOf(text: string, tokens: number, { unit }: Options): number {
  if (unit === "tokens") return tokens;
  if (unit === "words") return wordsOf(text).length;
  return charsOf(text);
}
