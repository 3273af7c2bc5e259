import { expect, test } from "vitest";
import { matchSteps } from "./match.ts";

const equal = (given: string, wanted: string) => [...given].map((a) => [...wanted].map((b) => Number(a === b)));

test.each([
  ["abc", "abc", [0, 1, 2], [0, 1, 2], [0, 1, 2]],
  ["xab", "abc", [-1, -1, -1], [-1, 0, 1], [-1, 0, 1]], // one too many at the front
  ["ba", "ab", [-1, -1], [-1, 0], [1, 0]], // the order
  ["cab", "abc", [-1, -1, -1], [-1, 0, 1], [2, 0, 1]],
  ["", "ab", [], [], []],
])("%j for %j: by place %j, in sequence %j, any %j", (given, wanted, place, sequence, any) => {
  const weights = equal(given, wanted);
  expect(matchSteps(weights, "place")).toEqual(place);
  expect(matchSteps(weights, "sequence")).toEqual(sequence);
  expect(matchSteps(weights, "any")).toEqual(any);
});

test("an expected step is matched once", () => {
  for (const order of ["place", "sequence", "any"] as const) {
    expect(matchSteps(equal("aaaa", "a"), order).filter((j) => j === 0)).toHaveLength(1);
  }
});

test("weights: one good match beats the greedy one", () => {
  // the first step fits both, the second the first alone: 0.6 + 0.9 beats 0.8
  const weights = [
    [0.8, 0.6],
    [0.9, 0],
  ];
  expect(matchSteps(weights, "any")).toEqual([1, 0]);
  expect(matchSteps(weights, "sequence")).toEqual([-1, 0]); // crossing is not in order: 0.9 beats 0.8
});

test("more given than expected, and nothing in common", () => {
  expect(matchSteps(equal("xyz", "a"), "any")).toEqual([-1, -1, -1]);
});
