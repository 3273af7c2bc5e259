import { expect, test } from "vitest";
import { groupLength, lengthDeviation } from "./group-length.ts";

test.each([
  // (length - 100) / 400: 0, 0.25, 1
  [
    [100, 200, 500],
    [true, true, true],
    [0.5, 0.25, -0.5],
  ],
  [
    [100, 200, 500],
    [false, false, false],
    [0, 0, -0.5],
  ], // a wrong answer gains nothing by being short
  [
    [100, 100],
    [true, false],
    [0, 0],
  ],
  [[], [], []],
])("%j, right %j: %j", (lengths, right, expected) => {
  expect(groupLength(lengths, right)).toEqual(expected);
});

test("deviations: mean 4, population deviation sqrt((9 + 1 + 16) / 3)", () => {
  const unit = Math.sqrt(26 / 3);
  for (const [i, value] of lengthDeviation([1, 3, 8]).entries()) expect(value).toBeCloseTo([-3, -1, 4][i]! / unit, 12);
  expect(lengthDeviation([5, 5])).toEqual([0, 0]);
  expect(lengthDeviation([])).toEqual([]);
  expect(lengthDeviation([0, 0, 0, 10], 1)).toEqual([expect.closeTo(-1 / Math.sqrt(3), 12), expect.any(Number), expect.any(Number), 1]);
});
