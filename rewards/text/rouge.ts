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
  const common = longestCommon(a, b);
  if (common === 0) return 0;
  const [precision, recall] = [common / a.length, common / b.length];
  return (2 * precision * recall) / (precision + recall);
}

/** Length of the longest common subsequence. */
export function longestCommon<T>(a: ArrayLike<T>, b: ArrayLike<T>): number {
  let previous = new Int32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    const row = new Int32Array(b.length + 1);
    for (let j = 0; j < b.length; j++) row[j + 1] = a[i] === b[j] ? previous[j]! + 1 : Math.max(previous[j + 1]!, row[j]!);
    previous = row;
  }
  return previous[b.length]!;
}
