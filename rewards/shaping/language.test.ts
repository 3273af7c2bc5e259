import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { language } from "./language.ts";

const score = (completion: string, options: object = {}) =>
  language.score(rewardInput({ completion, target: undefined, options: language.options!.parse(options) }));

test.each([
  ["abc déf", {}, 1],
  ["abc 你", {}, 3 / 4],
  ["3 + 4 = 7", {}, 0], // no letters
  ["x = 7 答", {}, 1 / 2],
  ["слово", {}, 0],
  ["かな漢字カナ", { scripts: ["Han", "Hiragana", "Katakana"] }, 1],
  ["コーヒー", { scripts: ["Katakana"] }, 1], // the long vowel is of two scripts
  ["かな漢字", { scripts: ["Han"] }, 1 / 2],
  ["<think>слово</think><answer>yes</answer>", { within: "answer" }, 1],
  ["<think>yes</think>", { within: "answer" }, 0], // no answer
  ["abc 你", { threshold: 0.75 }, 1],
  ["abc 你好", { threshold: 0.75 }, 0], // 3 of 5
  ["", {}, 0],
])("%j with %j scores %f", (completion, options, expected) => {
  expect(score(completion, options)).toBe(expected);
});

test.each([{ scripts: [] }, { scripts: ["Klingon"] }, { threshold: 0 }])("%j is refused", (options) => {
  expect(language.options!.safeParse(options).success).toBe(false);
});
