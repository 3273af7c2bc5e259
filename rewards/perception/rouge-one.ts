import { bagF1 } from "../text/rouge.ts";

/** No more words of a label than this are compared. */
const MAX_WORDS = 1000;

/** F1 of the words of two texts as bags, of any script, case and punctuation ignored, in [0, 1]; 0 where either is blank. Source: ROUGE-1, Lin 2004. */
export function rougeOne(a: string, b: string): number {
  const words = (text: string) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, MAX_WORDS);
  return bagF1(words(a), words(b));
}
