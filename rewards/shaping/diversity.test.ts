import { expect, test } from "vitest";
import { answerRarity, diversity } from "./diversity.ts";

test.each([
  [
    ["a b c", "a b c"],
    [0, 0],
  ], // copies
  [
    ["a b c", "A, b c!"],
    [0, 0],
  ], // but for case and marks
  [
    ["a b", "c d"],
    [1, 1],
  ],
  // a b c has ab, bc and a b d has ab, bd: 1 of 3 in common; x y has nothing in common with either
  [
    ["a b c", "a b d", "x y"],
    [1 - 1 / 6, 1 - 1 / 6, 1],
  ],
  [
    ["", ""],
    [0, 0],
  ],
  [
    ["a", "a b"],
    [1, 1],
  ], // a has no pair of words
  [["a b"], [0]],
  [[], []],
])("%j: %j", (texts, expected) => {
  for (const [i, value] of diversity(texts).entries()) expect(value).toBeCloseTo(expected[i]!, 12);
  expect(diversity(texts)).toHaveLength(expected.length);
});

test("n and the limit of words", () => {
  expect(diversity(["a b", "b a"], 1)).toEqual([0, 0]);
  expect(diversity(["a b c", "a b d"], 1, 2)).toEqual([0, 0]);
});

test.each([
  [
    ["7", " 7 ", "8", null],
    [2 / 3, 2 / 3, 1, 0],
  ],
  [
    ["7", "7"],
    [0, 0],
  ],
  [["7"], [0]],
])("rarity of %j: %j", (answers, expected) => expect(answerRarity(answers)).toEqual(expected));
