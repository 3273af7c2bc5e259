/**
 * Kendall's tau-b of two rankings of the same things, [-1, 1]: 1 where they order all pairs alike, -1 where one is the other turned round. Ties are
 * neither; null where one of the two has no pair that is not tied, so that there is nothing to agree on.
 *
 *   tau_b = (C - D) / sqrt((n0 - n1) (n0 - n2)),  n0 = n (n - 1) / 2, n1 and n2 the tied pairs of each
 *
 * C - D = n0 - n1 - n2 + n3 - 2 D, where n3 counts pairs tied in both and D the swaps that sort y once x is sorted: O(n log n).
 * Source: Kendall 1945; the counting of swaps is Knight 1966.
 */
export function kendallTau(x: readonly number[], y: readonly number[]): number | null {
  if (x.length !== y.length) throw new Error(`expected two rankings of the same things, got ${x.length} and ${y.length}`);
  const order = [...x.keys()].sort((i, j) => x[i]! - x[j]! || y[i]! - y[j]!);
  const sortedX = order.map((i) => x[i]!);
  const sortedY = order.map((i) => y[i]!);
  const pairs = (x.length * (x.length - 1)) / 2;
  const tiedX = tiedPairs(x.length, (i) => sortedX[i] === sortedX[i - 1]);
  const tiedBoth = tiedPairs(x.length, (i) => sortedX[i] === sortedX[i - 1] && sortedY[i] === sortedY[i - 1]);
  const { swaps, sorted } = countSwaps(sortedY);
  const tiedY = tiedPairs(x.length, (i) => sorted[i] === sorted[i - 1]);
  const scale = Math.sqrt(pairs - tiedX) * Math.sqrt(pairs - tiedY);
  // the root of a square may be a rounding too small
  return scale === 0 ? null : Math.max(-1, Math.min(1, (pairs - tiedX - tiedY + tiedBoth - 2 * swaps) / scale));
}

/** Pairs in runs of equal values: a run of k has k (k - 1) / 2. */
function tiedPairs(length: number, sameAsBefore: (index: number) => boolean): number {
  let [pairs, run] = [0, 0];
  for (let i = 1; i < length; i++) {
    run = sameAsBefore(i) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Swaps of neighbours that a stable sort takes: pairs in the wrong order, equal ones not among them. */
function countSwaps(values: readonly number[]): { swaps: number; sorted: Float64Array } {
  let from = Float64Array.from(values);
  let to = new Float64Array(values.length);
  let swaps = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length);
      const end = Math.min(start + 2 * width, values.length);
      let [left, right] = [start, middle];
      for (let k = start; k < end; k++) {
        if (left < middle && (right >= end || from[left]! <= from[right]!)) {
          to[k] = from[left++]!;
        } else {
          swaps += middle - left;
          to[k] = from[right++]!;
        }
      }
    }
    [from, to] = [to, from];
  }
  return { swaps, sorted: from };
}
