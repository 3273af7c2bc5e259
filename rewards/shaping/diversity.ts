import { nGrams, plainText, wordsOf } from "./text.ts";

/**
 * How unlike its siblings each text is: 1 - the mean overlap with the others, the overlap of two texts being |A ∩ B| / |A ∪ B| over their
 * sets of n-grams of words; two texts without any overlap fully.
 *
 * Shapes: `texts` [G]. Returns [G] in [0, 1]; 0 for copies, and for a group of one. Only the first `maxWords` words of a text are read.
 * Time: O(G^2 * maxWords). It pays for being different, not for being right: gate it by the outcome.
 * Source: this project, in the manner of Self-BLEU (Zhu et al., arXiv:1802.01886) with the Jaccard index.
 */
export function diversity(texts: readonly string[], n = 2, maxWords = 2000): number[] {
  const sets = texts.map((text) => new Set(nGrams(wordsOf(text).slice(0, maxWords), n)));
  return sets.map((own, i) => {
    const overlaps = sets.filter((_, j) => j !== i).map((other) => overlap(own, other));
    return overlaps.length === 0 ? 0 : 1 - overlaps.reduce((sum, one) => sum + one, 0) / overlaps.length;
  });
}

function overlap(a: Set<string>, b: Set<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  let both = 0;
  for (const item of a) if (b.has(item)) both++;
  return both / (a.size + b.size - both);
}

/**
 * The share of the group that did not give the same answer: (G - members with this answer) / (G - 1).
 *
 * Shapes: `answers` [G], compared as plain text; null for a member without one, which gets 0. Returns [G] in [0, 1]; 0 for a group of one.
 * Source: this project; the count behind majority voting, turned round.
 */
export function answerRarity(answers: readonly (string | null)[]): number[] {
  const plain = answers.map((answer) => (answer === null ? null : plainText(answer)));
  return plain.map((answer) => {
    if (answer === null || plain.length < 2) return 0;
    return plain.filter((other) => other !== answer).length / (plain.length - 1);
  });
}
