/** Words and numbers, lower case, as the package rouge-score splits them. */
export function rougeTokens(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

const MAX_TOKENS = 2000;

/**
 * ROUGE-L F1 of two texts: with L the longest common subsequence of their tokens, P = L / given, R = L / wanted and
 * F1 = 2PR / (P + R). In [0, 1]; 0 where either has no token. Tokens beyond 2000 are cut. Source: Lin (2004).
 */
export function rougeL(given: string, wanted: string): number {
  const [a, b] = [rougeTokens(given).slice(0, MAX_TOKENS), rougeTokens(wanted).slice(0, MAX_TOKENS)];
  return sharedF1(longestCommon(a, b), a.length, b.length);
}

/** F1 of two lists as bags, in [0, 1]; 0 where they share nothing. Of words it is ROUGE-1, of pairs of words ROUGE-2. Source: Lin (2004). */
export function bagF1(given: readonly string[], wanted: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const item of given) counts.set(item, (counts.get(item) ?? 0) + 1);
  let shared = 0;
  for (const item of wanted) {
    const left = counts.get(item) ?? 0;
    if (left === 0) continue;
    counts.set(item, left - 1);
    shared++;
  }
  return sharedF1(shared, given.length, wanted.length);
}

/** 2PR / (P + R) with P = shared / given and R = shared / wanted. */
export function sharedF1(shared: number, given: number, wanted: number): number {
  return shared === 0 ? 0 : (2 * shared) / (given + wanted);
}

/** Length of the longest common subsequence. Time: O(A * B). */
export function longestCommon<T>(a: ArrayLike<T>, b: ArrayLike<T>): number {
  let previous = new Int32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    const row = new Int32Array(b.length + 1);
    for (let j = 0; j < b.length; j++) row[j + 1] = a[i] === b[j] ? previous[j]! + 1 : Math.max(previous[j + 1]!, row[j]!);
    previous = row;
  }
  return previous[b.length]!;
}
