import { plainNumber } from "../parse.ts";

/** Trimmed, runs of whitespace as one space, case ignored. */
export function plainText(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}

/** A spelling that equal answers share: plain decimal numbers by value, all else as plain text; null for a blank. */
export function answerKey(text: string): string | null {
  return plainNumber(text) ?? (plainText(text) || null);
}

/** Whether two texts are one answer: by value where both are plain decimal numbers, as plain text otherwise. Blanks equal nothing. */
export function sameText(given: string, wanted: string): boolean {
  const key = answerKey(given);
  return key !== null && key === answerKey(wanted);
}

/** The words of a text in lower case: runs of letters, digits and the marks that go with them. Linear. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

/** Length in characters (code points), as Python counts them. */
export function charsOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** How often each item occurs. */
export function countsOf<T>(items: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** The runs of n items, each as one text; none where there are fewer. Items must not hold a line feed. */
export function nGrams(items: readonly (string | number)[], n: number): string[] {
  return Array.from({ length: Math.max(0, items.length - n + 1) }, (_, i) => items.slice(i, i + n).join("\n"));
}
