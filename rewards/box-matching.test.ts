import { expect, test } from "vitest";
import { matchBoxes } from "./box-matching.ts";

// the first written box overlaps the first true one by 50 / 150; the third is the second true one
test("the largest total, one to one", () => {
  const written: ([number, number, number, number] | null)[] = [[5, 0, 15, 10], null, [20, 0, 30, 10], [20, 0, 30, 10]];
  const { ofTruth, ofWritten } = matchBoxes(written, [
    [0, 0, 10, 10],
    [20, 0, 30, 10],
  ]);
  expect(ofTruth).toEqual([50 / 150, 1]);
  expect([...ofWritten].sort()).toEqual([0, 0, 50 / 150, 1]); // one of the two that are equal
  expect(ofWritten.slice(0, 2)).toEqual([50 / 150, 0]);
  expect(matchBoxes([], [[0, 0, 1, 1]])).toEqual({ ofTruth: [0], ofWritten: [] });
});
