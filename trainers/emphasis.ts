import type { Emphasis } from "./options.ts";
import { tokenEnds, tokensOf } from "./token-spans.ts";

/** The weight of every token of a response, 1 where no pattern matches: [T]. Null where tokens can't be placed in the text. */
export function emphasized(
  tokens: ArrayLike<number>,
  text: string,
  pieces: readonly string[],
  emphasis: readonly Emphasis[],
): Float32Array | null {
  const ends = tokenEnds(tokens, text, pieces);
  if (ends === null) return null;
  const weights = new Float32Array(tokens.length).fill(1);
  for (const { pattern, weight } of emphasis) {
    for (const match of text.matchAll(new RegExp(pattern, "gu"))) {
      const span = tokensOf(ends, match.index, match.index + match[0].length);
      if (span !== null && match[0] !== "") weights.fill(weight, ...span);
    }
  }
  return weights;
}
