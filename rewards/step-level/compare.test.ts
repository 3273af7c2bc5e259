import { expect, test } from "vitest";
import { agreement, Compare, lastNumber } from "./compare.ts";

const one = (given: string, wanted: string, options: object) => agreement([given], [wanted], Compare.parse(options))[0]![0];

test.each([
  ["7 + 3 = 10.", "7 + 3  = 10", "text", 1],
  ["10.0", "10", "text", 1],
  ["a cat", "a cat sat", "text", 0],
  ["", "", "text", 0],
  ["we see a Cat here", "cat", "contains", 1],
  ["we concatenate", "cat", "contains", 0],
  ["a catalogue", "cat", "contains", 0],
  ["a bobcat", "cat", "contains", 0],
  ["cat", "cat", "contains", 1],
  ["concatenate the cat", "cat", "contains", 1],
  ["3 + 7 = 10", "10", "number", 1],
  ["3 + 7 = 10, so", "the sum is 10.0", "number", 1],
  ["10 + 3", "10", "number", 0],
  ["none", "10", "number", 0],
  ["none", "none", "number", 0], // no number is no agreement
  ["the red cat", "the cat", "words", 0.8], // 2 of 3 and 2 of 2: 4 / 5
  ["the dog ran", "the cat", "words", 0], // 2 / 5, under the threshold
  ["the the the", "the cat", "words", 0], // 2 / 5: a word counts as often as it stands in both
  ["", "", "words", 0],
])("%j against %j by %s: %f", (given, wanted, compare, expected) => {
  expect(one(given, wanted, { compare })).toBeCloseTo(expected, 12);
});

test.each([
  ["3+7=10", "10"],
  ["x10 1e5 1.5.2 ١٠", null],
  ["-3 and +4.50", "4.5"],
  ["1,000", null],
  ["7.", "7"],
  ["", null],
])("last number of %j is %j", (text, expected) => expect(lastNumber(text)).toBe(expected));

test("rows are given steps, columns expected ones", () => {
  expect(agreement(["a", "b", "a"], ["b", "a"], Compare.parse({}))).toEqual([
    [0, 1],
    [1, 0],
    [0, 1],
  ]);
  expect(agreement([], ["a"], Compare.parse({}))).toEqual([]);
});
