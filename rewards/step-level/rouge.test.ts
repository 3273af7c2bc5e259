import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { rouge } from "./rouge.ts";

const score = (answer: string, target: string, options: object = {}) =>
  rouge.score(rewardInput({ completion: `<answer>${answer}</answer>`, target, options: rouge.options!.parse(options) })) as number;
const each = (answer: string, target: string) =>
  ["rouge_1", "rouge_2", "rouge_l"].map((measure) => score(answer, target, { measures: [measure] }));
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 12));

test.each([
  ["the cat sat", "The cat sat.", [1, 1, 1]],
  // words: the, cat, on of 4 and 5; phrases: the cat of 3 and 4; in order: the cat on
  ["the cat is on", "the cat sat on mat", [6 / 9, 2 / 7, 6 / 9]],
  ["on cat the", "the cat on", [1, 0, 1 / 3]], // order
  ["the the the", "the cat", [2 / 5, 0, 2 / 5]], // a word counts as often as it stands in both
  ["running dogs", "run dogs", [1, 1, 1]], // stems
  ["his", "hi", [0, 0, 0]], // words of 3 letters stay
  ["word", "word", [1, 0, 1]], // one word has no phrase
  ["猫", "cat", [0, 0, 0]],
  ["", "cat", [0, 0, 0]],
])("%j for %j: %j", (answer, target, expected) => expect(each(answer, target)).toEqual(close(expected)));

test("Shop-R1's example: red shoes size 9 for red running shoes size 9", () => {
  expect(score("red shoes size 9", "red running shoes size 9", { measures: ["rouge_l"] })).toBeCloseTo(0.8889, 4); // 2 * 4 / 9
  expect(score("red shoes", "red running shoes size 9", { measures: ["rouge_l"] })).toBeCloseTo(0.5714, 4); // 2 * 2 / 7
});

test("the mean of all three is the default; without stems dogs are no dog", () => {
  expect(score("the cat is on", "the cat sat on mat")).toBeCloseTo((6 / 9 + 2 / 7 + 6 / 9) / 3, 12);
  expect(score("dogs", "dog", { stem: false })).toBe(0);
});

test("without an answer it is 0", () => {
  const options = rouge.options!.parse({});
  expect(rouge.score(rewardInput({ completion: "the cat", target: "the cat", options }))).toBe(0);
});

test.each(["", "猫", 5, undefined])("target %j is refused", (target) => expect(rouge.target.safeParse(target).success).toBe(false));
