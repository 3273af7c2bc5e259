/**
 * Levenshtein distance: the fewest insertions, deletions and replacements; `limit` where it is that or more. Only the band that can stay below
 * the limit is filled in, so time is O(limit * shorter length), and nothing is done where the lengths already differ by it.
 */
export function editDistance(a: readonly string[], b: readonly string[], limit: number): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length >= limit) return limit;
  let above = Array.from({ length: short.length + 1 }, (_, j) => j);
  for (let i = 1; i <= long.length; i++) {
    const row = new Array<number>(short.length + 1).fill(limit);
    const from = Math.max(1, i - limit);
    const to = Math.min(short.length, i + limit);
    if (from === 1) row[0] = i;
    let least = row[0]!;
    for (let j = from; j <= to; j++) {
      const replaced = above[j - 1]! + (long[i - 1] === short[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, above[j]! + 1, row[j - 1]! + 1);
      least = Math.min(least, row[j]!);
    }
    if (least >= limit) return limit;
    above = row;
  }
  return Math.min(limit, above[short.length]!);
}

/** Edits over the truth's length, at most 1. A truth of no length has rate 0 for nothing, else 1. */
export function errorRate(given: readonly string[], truth: readonly string[]): number {
  if (truth.length === 0) return given.length === 0 ? 0 : 1;
  return editDistance(given, truth, truth.length) / truth.length;
}

/** 1 - NL where NL = edits / longer length is below the threshold, else 0; case and outer white space ignored. */
export function anls(given: string, truth: string, threshold: number): number {
  const [a, b] = [given, truth].map((text) => [...text.trim().toLowerCase()]) as [string[], string[]];
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 1;
  // a distance that reaches this is at or above the threshold
  const share = editDistance(a, b, Math.ceil(threshold * longer)) / longer;
  return share < threshold ? 1 - share : 0;
}
