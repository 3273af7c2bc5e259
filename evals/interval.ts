const Z95 = 1.959963984540054;

/**
 * The 95 % Wilson score interval of a share: `successes` of `n` tries. Unlike the normal one it stays within [0, 1] and is not a point
 * at 0 or `n` successes. Of no tries nothing is known: [0, 1].
 * Source: Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
 */
export function wilsonInterval(successes: number, n: number): { low: number; high: number } {
  if (successes < 0 || successes > n) throw new Error(`${successes} successes in ${n} tries`);
  if (n === 0) return { low: 0, high: 1 };
  const share = successes / n;
  const z2 = Z95 ** 2 / n;
  const center = (share + z2 / 2) / (1 + z2);
  const half = (Z95 / (1 + z2)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n));
  // Exact at the ends, where rounding would leave 1e-17.
  return { low: successes === 0 ? 0 : center - half, high: successes === n ? 1 : center + half };
}
