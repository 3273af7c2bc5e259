/**
 * The chance that at least one of k completions is right, from n of which c are: unbiased, as drawing k of the n without putting back.
 *   1 - (n - c choose k) / (n choose k) = 1 - product over i from n - c + 1 to n of (1 - k / i)
 * Source: Chen et al., Evaluating large language models trained on code (arXiv:2107.03374).
 */
export function passAtK(n: number, c: number, k: number): number {
  if (k < 1 || k > n || c < 0 || c > n) throw new Error(`pass@${k} of ${n} completions, ${c} of them right`);
  if (n - c < k) return 1;
  let none = 1;
  for (let i = n - c + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}
