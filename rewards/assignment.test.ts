import { expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { bestAssignment } from "./assignment.ts";

test("the greedy choice is not always best", () => {
  // Taking 5 first leaves 0; the other two make 4 + 4.
  expect(
    bestAssignment([
      [5, 4],
      [4, 0],
    ]),
  ).toEqual([1, 0]);
});

test("rows or columns may be left over", () => {
  expect(bestAssignment([[1, 3, 2]])).toEqual([1]);
  expect(bestAssignment([[1], [3], [2]])).toEqual([-1, 0, -1]);
  expect(bestAssignment([[], []])).toEqual([-1, -1]);
  expect(bestAssignment([])).toEqual([]);
});

/** Largest total over every way of matching, by trying them all. */
function bestTotal(weights: number[][], row = 0, taken = new Set<number>()): number {
  if (row === weights.length) return 0;
  const columns = weights[row]!.length;
  const mayRest = weights.length - row > columns - taken.size;
  let best = mayRest ? bestTotal(weights, row + 1, taken) : Number.NEGATIVE_INFINITY;
  for (let column = 0; column < columns; column++) {
    if (taken.has(column)) continue;
    best = Math.max(best, weights[row]![column]! + bestTotal(weights, row + 1, new Set([...taken, column])));
  }
  return best;
}

test("agrees with trying every matching, up to 5 by 5", () => {
  const random = new Random(2);
  for (let trial = 0; trial < 400; trial++) {
    const [rows, columns] = [random.integer(1, 5), random.integer(1, 5)];
    // Halves, so that there are ties; zeros, as boxes that do not meet give.
    const weights = Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.max(0, random.integer(-4, 6) / 2)));
    const columnOf = bestAssignment(weights);
    const used = columnOf.filter((column) => column >= 0);
    expect(used.length).toBe(Math.min(rows, columns));
    expect(new Set(used).size).toBe(used.length);
    const total = columnOf.reduce((sum, column, row) => sum + (column < 0 ? 0 : weights[row]![column]!), 0);
    expect(total).toBeCloseTo(bestTotal(weights), 12);
  }
});
