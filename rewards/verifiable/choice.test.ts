import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { choice } from "./choice.ts";

function score(completion: string, options: object = {}, target = "B", example: Record<string, unknown> = {}) {
  return choice.score(rewardInput({ completion, target, options: choice.options!.parse(options) as never, example }));
}

// VLAA-Thinker: `B`, `(b)`, `B)`, `B. dog` are right, `AB` is not.
test.each<[string, number]>([
  ["B", 1],
  ["b", 1],
  ["(b)", 1],
  ["B)", 1],
  ["B.", 1],
  ["B. dog", 1],
  ["(B) dog", 1],
  ["B: dog", 1],
  ["**B**", 1],
  ["[B]", 1],
  ["\\text{B}", 1],
  ["$B$", 1],
  ["\n B \n", 1],
  ["AB", 0],
  ["A", 0],
  ["A, B", 0],
  ["B or C", 0],
  ["B. dog C. cat", 0],
  ["(B) (C)", 0],
  ["B C", 0],
  ["Bad", 0],
  ["the answer is B", 0],
  ["dog", 0],
  ["", 0],
  ["()", 0],
])("strict: %j scores %f", (answer, expected) => {
  expect(score(`<think>B</think><answer>${answer}</answer>`)).toBe(expected);
});

test("strict: without an answer the right letter elsewhere is worth nothing", () => {
  expect(score("<think>it is B. dog</think> B")).toBe(0);
});

test.each<[string, string, number]>([
  ["I think the answer is B.", "B", 1],
  ["A dog is seen, so the answer is (B)", "B", 1],
  ["Option B", "B", 1],
  ["It is B) dog, not A) cat", "A", 1], // the last marked one counts
  ["A cat on the mat", "A", 0], // a word
  ["C is wrong and so I take D", "D", 1],
  ["nothing fits", "B", 0],
  ["Z", "B", 0],
])("lenient: %j for %s scores %f", (completion, target, expected) => {
  expect(score(completion, { mode: "lenient", extract: "whole" }, target)).toBe(expected);
});

test("lenient: the text of one option stands for its letter, that of two for none", () => {
  const options = { mode: "lenient", options_field: "options" };
  expect(score("<answer>The dog.</answer>", options, "B", { options: ["a cat", "a dog", "a cow"] })).toBe(1);
  expect(score("<answer>the dog</answer>", options, "B", { options: ["dog", "a dog"] })).toBe(0);
  expect(() => score("<answer>dog</answer>", options, "B", {})).toThrow(); // a row without options is our mistake
});

test("Video-CoM: the letter behind FINAL_ANSWER", () => {
  const extract = { marker: "FINAL_ANSWER:", ignore_case: true };
  expect(score("FIND_FRAME(dog) = [3]\nFINAL_ANSWER: B. a dog", { extract })).toBe(1);
  expect(score("FINAL_ANSWER: C. a dog", { extract })).toBe(0);
  expect(score("final_answer: b\nI mean B", { extract })).toBe(1);
  expect(score("B", { extract })).toBe(0);
});

test("FrameThinker: the word behind `output answer:` in the last action", () => {
  const extract = { tag: "action", marker: "output answer:", word: true };
  expect(score("<think>x</think><action>output answer: B</action>", { extract })).toBe(1);
  expect(score("<action>output answer: B. dog</action>", { extract })).toBe(1);
  expect(score("<action>choose frames between 1 and 9</action>", { extract })).toBe(0);
  expect(score("output answer: B", { extract })).toBe(0);
});

test.each([["BC"], [""], ["5"], [2]])("the target %j is refused", (target) => {
  expect(choice.target.safeParse(target).success).toBe(false);
});

test("targets may be dressed", () => {
  expect(choice.target.parse("(b)")).toBe("B");
});
