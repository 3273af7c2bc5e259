/** No more words of a label than this are compared. */
const MAX_WORDS = 1000;

function wordCounts(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, MAX_WORDS)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** F1 of the words of two texts as bags, case and punctuation ignored, in [0, 1]; 0 where either is blank. Source: ROUGE-1, Lin 2004. */
export function rougeOne(a: string, b: string): number {
  const [left, right] = [wordCounts(a), wordCounts(b)];
  const size = (counts: Map<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const shared = [...left].reduce((sum, [word, count]) => sum + Math.min(count, right.get(word) ?? 0), 0);
  const total = size(left) + size(right);
  return total === 0 ? 0 : (2 * shared) / total;
}
