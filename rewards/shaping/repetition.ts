import { z } from "zod";
import { defineReward } from "../define.ts";
import { nGrams } from "./text.ts";

const Options = z.strictObject({
  n: z.int().min(1).max(20).default(3).describe("how many words make a phrase"),
  max_penalty: z.number().max(0, "expected 0 or less").default(-1).describe("the score where all is repetition"),
});

/**
 * A penalty for phrases that come again: (1 - different n-grams / n-grams) * max_penalty; 0 for texts shorter than n words.
 *
 * Range [max_penalty, 0]. Words are what whitespace separates, in lower case, as ms-swift has them; TRL counts token ids, for which
 * `repetitionPenalty` is the same formula. The target is not read.
 * Source: Demystifying Long Chain-of-Thought (arXiv:2502.03373); TRL `get_repetition_penalty_reward`; ms-swift `repetition`.
 */
export const repetition = defineReward({
  name: "repetition",
  target: z.unknown(),
  field: "answer",
  options: Options,
  examples: [
    { completion: "a b c d", score: 0 },
    { completion: "a b c a b c", score: -1 / 4 },
  ],
  score: ({ completion, options: { n, max_penalty } }) =>
    repetitionPenalty(completion.toLowerCase().split(/\s+/).filter(Boolean), n, max_penalty),
});

/** `items`: [T] words or token ids. */
export function repetitionPenalty(items: readonly (string | number)[], n: number, maxPenalty: number): number {
  const phrases = nGrams(items, n);
  const different = new Set(phrases).size;
  return different === phrases.length ? 0 : (1 - different / phrases.length) * maxPenalty;
}
