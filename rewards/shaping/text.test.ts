import { expect, test } from "vitest";
import { charsOf, countsOf, nGrams, sameText, wordsOf } from "./text.ts";

test.each([
  ["15", "015.0", true],
  [" A  cat", "a cat", true],
  ["15", "fifteen", false],
  ["", "", false], // blanks are no answer
  ["1e1", "10", false],
])("%j and %j: %s", (a, b, expected) => expect(sameText(a, b)).toBe(expected));

test("words, counts, runs and characters", () => {
  expect(charsOf("a\u{1d7db}")).toBe(2);
  expect(wordsOf("It's 3.5 Öfen, ne\u0301e!")).toEqual(["it", "s", "3", "5", "öfen", "ne\u0301e"]);
  expect([...countsOf(["a", "b", "a"])]).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
  expect(nGrams(["a", "b", "c"], 2)).toEqual(["a\nb", "b\nc"]);
  expect(nGrams(["a"], 2)).toEqual([]);
});
