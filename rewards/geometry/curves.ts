import type { Point } from "./coordinates.ts";

export function distance(a: Readonly<Point>, b: Readonly<Point>): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/**
 * Discrete Fréchet distance: the shortest leash for two walkers who go along the points in order and never back.
 *   D(i, j) = max(min(D(i-1, j), D(i-1, j-1), D(i, j-1)), cost(i, j))
 * Shapes: [n], [m], neither empty. Time O(n m), memory O(m). Source: Eiter & Mannila 1994.
 */
export function discreteFrechet<T>(p: readonly T[], q: readonly T[], cost: (i: number, j: number) => number): number {
  return walk(p.length, q.length, cost, Math.max);
}

/** Dynamic time warping: the same walk with the sum of the costs in place of their maximum. Source: Sakoe & Chiba 1978. */
export function timeWarping(p: readonly Point[], q: readonly Point[]): number {
  return walk(
    p.length,
    q.length,
    (i, j) => distance(p[i]!, q[j]!),
    (before, cost) => before + cost,
  );
}

function walk(n: number, m: number, cost: (i: number, j: number) => number, join: (before: number, cost: number) => number): number {
  let above = new Float64Array(m).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < n; i++) {
    const row = new Float64Array(m);
    for (let j = 0; j < m; j++) {
      const left = j > 0 ? row[j - 1]! : Number.POSITIVE_INFINITY;
      const corner = j > 0 ? above[j - 1]! : Number.POSITIVE_INFINITY;
      const before = i === 0 && j === 0 ? 0 : Math.min(above[j]!, corner, left);
      row[j] = join(before, cost(i, j));
    }
    above = row;
  }
  return above[m - 1]!;
}

/** The longest way from a point of either curve to the nearest of the other; order does not matter. Time O(n m). */
export function hausdorff(p: readonly Point[], q: readonly Point[]): number {
  const oneWay = (from: readonly Point[], to: readonly Point[]) =>
    Math.max(...from.map((a) => to.reduce((least, b) => Math.min(least, distance(a, b)), Number.POSITIVE_INFINITY)));
  return Math.max(oneWay(p, q), oneWay(q, p));
}

/** Between the last points. */
export function endPointDistance(p: readonly Point[], q: readonly Point[]): number {
  return distance(p.at(-1)!, q.at(-1)!);
}

/** `count` points at equal steps of the curve's length, ends kept. A curve of no length gives its first point. */
export function resample(points: readonly Point[], count: number): Point[] {
  const reached = [0];
  for (let i = 1; i < points.length; i++) reached.push(reached[i - 1]! + distance(points[i - 1]!, points[i]!));
  const total = reached.at(-1)!;
  let at = 0;
  return Array.from({ length: count }, (_, k): Point => {
    const wanted = count === 1 ? 0 : (total * k) / (count - 1);
    while (at < points.length - 2 && reached[at + 1]! < wanted) at++;
    const [a, b] = [points[at]!, points[at + 1] ?? points[at]!];
    const length = distance(a, b);
    const share = length > 0 ? Math.min(1, (wanted - reached[at]!) / length) : 0;
    return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
  });
}

/** Distances of points in pairs; where the counts differ, the first curve is resampled to the second's count. */
function paired(p: readonly Point[], q: readonly Point[]): number[] {
  const same = p.length === q.length ? p : resample(p, q.length);
  return q.map((point, i) => distance(same[i]!, point));
}

/** Root of the mean squared distance of paired points. */
export function rootMeanSquare(p: readonly Point[], q: readonly Point[]): number {
  const distances = paired(p, q);
  return Math.sqrt(distances.reduce((sum, d) => sum + d * d, 0) / distances.length);
}

/** Mean distance of paired points: the average displacement error of driving. */
export function meanDisplacement(p: readonly Point[], q: readonly Point[]): number {
  const distances = paired(p, q);
  return distances.reduce((sum, d) => sum + d, 0) / distances.length;
}
