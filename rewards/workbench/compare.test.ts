import { expect, test } from "vitest";
import { compareScores, midRanks } from "./compare.ts";

test("confusion, agreement and where they differ, by hand", () => {
  // both scored: indices 0 to 3. Middles: a (0 + 1) / 2, b (0 + 10) / 2
  const found = compareScores([0, 1, 1, 0, null, 1], [0, 10, 4, 9, 3, null]);
  expect(found).toMatchObject({
    both: 4,
    only_a: 1,
    only_b: 1,
    thresholds: { a: 0.5, b: 5 },
    confusion: { yes_yes: 1, yes_no: 1, no_yes: 1, no_no: 1 },
    agreement: 0.5,
    mean_a: 0.5,
    mean_b: 23 / 4,
  });
  // places of a: 0.5 2.5 2.5 0.5, of b: 0 3 1 2; gaps 0.5 0.5 1.5 1.5
  expect(found.differ.map(({ index }) => index)).toEqual([2, 3, 0, 1]);
  // pairs apart in a: (0,1)+ (0,2)+ (1,3)+ (2,3)-: (3 - 1) / sqrt(4 * 6)
  expect(found.tau).toBeCloseTo(2 / Math.sqrt(24), 12);
});

test("thresholds may be given", () => {
  const { confusion } = compareScores([0.2, 0.4], [0.2, 0.4], { thresholds: { a: 0.3, b: 0.5 } });
  expect(confusion).toEqual({ yes_yes: 0, yes_no: 1, no_yes: 0, no_no: 1 });
});

test("rewards that agree but for their units differ nowhere", () => {
  const found = compareScores([1, 2, 3], [-30, 0, 1000]);
  expect(found).toMatchObject({ tau: 1, differ: [] });
});

test("nothing in common is null, not a number", () => {
  expect(compareScores([null, 1], [2, null])).toMatchObject({ both: 0, tau: null, agreement: null, mean_a: null });
  expect(midRanks([5, 1, 1])).toEqual([2, 0.5, 0.5]);
});
