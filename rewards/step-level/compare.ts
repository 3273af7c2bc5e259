import { z } from "zod";
import { plainNumber } from "../parse.ts";
import { answerKey, countsOf, plainText, wordsOf } from "../shaping/text.ts";

/** How a given step is held against an expected one. */
export const Compare = z.strictObject({
  compare: z
    .enum(["text", "contains", "number", "words"])
    .default("text")
    .describe("equal as text; the expected one stands in it; its last number is the expected one; F1 of the words they share"),
  threshold: z.number().min(0).max(1).default(0.5).describe("words: an F1 below this is 0"),
});
export type Compare = z.infer<typeof Compare>;

/**
 * A matrix of how well steps agree. Shapes: `given` [A], `wanted` [B], returns [A][B] in [0, 1]. Punctuation at the end of a step, its
 * case and its runs of whitespace don't count. Time: O(A * B * words of a wanted step), plus the lengths of the texts.
 */
export function agreement(given: readonly string[], wanted: readonly string[], { compare, threshold }: Compare): number[][] {
  if (compare === "number") {
    const numbers = given.map(lastNumber);
    const values = wanted.map(lastNumber);
    return numbers.map((number) => values.map((value) => Number(number !== null && number === value)));
  }
  if (compare === "words") {
    const [bags, wantedBags] = [given, wanted].map((texts) => texts.map((text) => bagOf(text))) as [Bag[], Bag[]];
    return bags.map((bag) =>
      wantedBags.map((other) => {
        const f1 = overlapF1(bag, other);
        return f1 >= threshold ? f1 : 0;
      }),
    );
  }
  const [texts, others] = [given, wanted].map((all) => all.map(withoutEnd)) as [string[], string[]];
  if (compare === "contains") return texts.map((text) => others.map((other) => Number(containsWords(text, other))));
  const [keys, wantedKeys] = [texts, others].map((all) => all.map(answerKey)) as [(string | null)[], (string | null)[]];
  return keys.map((key) => wantedKeys.map((other) => Number(key !== null && key === other)));
}

/** The last decimal number that stands alone in the text, in its one spelling; null without one. Linear. */
export function lastNumber(text: string): string | null {
  const last = [...text.matchAll(/(?<![\p{L}\p{N}_.,])[+-]?[0-9]+(?:\.[0-9]+)?(?![\p{L}\p{N}_]|[.,][0-9])/gu)].at(-1);
  return last === undefined ? null : plainNumber(last[0]);
}

/** Plain text without the punctuation at its end. */
function withoutEnd(text: string): string {
  const plain = plainText(text);
  let end = plain.length;
  while (end > 0 && ".,;:!? ".includes(plain[end - 1]!)) end--;
  return plain.slice(0, end);
}

/** Whether `text` holds `part` as whole words. Both are plain text. */
function containsWords(text: string, part: string): boolean {
  const letter = /[\p{L}\p{N}]/u;
  for (let at = text.indexOf(part); part !== "" && at >= 0; at = text.indexOf(part, at + 1)) {
    if (!letter.test(text[at - 1] ?? "") && !letter.test(text[at + part.length] ?? "")) return true;
  }
  return false;
}

interface Bag {
  counts: Map<string, number>;
  size: number;
}

function bagOf(text: string): Bag {
  const words = wordsOf(text);
  return { counts: countsOf(words), size: words.length };
}

/** 2 * shared / (words of one + words of the other); 0 for texts without words. */
function overlapF1(given: Bag, wanted: Bag): number {
  let shared = 0;
  for (const [word, count] of wanted.counts) shared += Math.min(count, given.counts.get(word) ?? 0);
  return shared === 0 ? 0 : (2 * shared) / (given.size + wanted.size);
}
