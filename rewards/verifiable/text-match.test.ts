import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { editRatio } from "./edit-ratio.ts";
import { textMatch } from "./text-match.ts";

const score = (completion: string, target: string | string[], options: object = {}) =>
  textMatch.score(rewardInput({ completion, target, options: textMatch.options!.parse(options) }));

test.each<[string, string | string[], object, number]>([
  ["<answer> New   york </answer>", "new York", {}, 1],
  ["<answer>The cat, sat.</answer>", "cat sat", {}, 0],
  ["<answer>The cat, sat.</answer>", "a cat sat", { ignore_punctuation: true, ignore_articles: true }, 1],
  ["<answer>theatre</answer>", "atre", { ignore_articles: true }, 0], // `the` inside of a word is none
  ["<answer>１５ ﬁne</answer>", "15 fine", {}, 1], // NFKC
  ["<answer>１５</answer>", "15", { unicode: false }, 0],
  ["<answer>Ab</answer>", "ab", { ignore_case: false }, 0],
  ["<answer>a b</answer>", "ab", { white_space: "remove" }, 1],
  ["<answer>ab </answer>", "ab", { white_space: "keep" }, 0],
  ["<answer>two</answer>", ["2", "two"], {}, 1], // any accepted text
  ["<answer>...</answer>", "!", { ignore_punctuation: true }, 0], // nothing is left of either
  ["<answer></answer>", "a", {}, 0],
  ["a", "a", {}, 0], // without the tag
  ["a", "a", { extract: "whole" }, 1],
  ["\\boxed{a}", "a", { extract: ["answer", "boxed"] }, 1],
])("%j for %j with %j scores %f", (completion, target, options, expected) => {
  expect(score(completion, target, options)).toBe(expected);
});

test.each([[""], [" "], [[]], [["a", ""]], [5]])("the target %j is refused", (target) => {
  expect(textMatch.target.safeParse(target).success).toBe(false);
});

const read = (completion: string, target: string, options: object = {}) =>
  editRatio.score(rewardInput({ completion, target, options: editRatio.options!.parse({ extract: "whole", ...options }) }));

test("OCR by edit distance (GLM-4.1V-Thinking)", () => {
  // without spaces 9 and 10 characters, distance 1: 1 - 1/10
  expect(read("hello wrld", "hello world")).toBeCloseTo(0.9, 12);
  expect(read("HELLO", "hello")).toBe(0); // 5 of 5 differ
  expect(read("HELLO", "hello", { ignore_case: true })).toBe(1);
  expect(read("", "hello")).toBe(0);
  expect(read("x".repeat(100_000), "x")).toBe(0); // beyond the limit
});
