import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { math } from "./math.ts";

const score = (completion: string, target: string | number | string[], options: object = {}) =>
  math.score(rewardInput({ completion, target, options: math.options!.parse(options) as never }));

test.each<[string, string | number | string[], number]>([
  ["<answer>1/2</answer>", "\\frac{1}{2}", 1],
  ["so \\boxed{\\frac{1}{3}}, no: \\boxed{\\frac12}", "0.5", 1], // the last box
  ["so \\boxed{\\frac12}, no: \\boxed{\\frac{1}{3}}", "0.5", 0],
  ["\\boxed{5} <answer>6</answer>", 5, 1], // the box comes before the tag
  ["\\boxed{\\text{unknown}}", 5, 0],
  ["\\boxed{}", 0, 0],
  ["\\boxed{5", 5, 0],
  ["5", 5, 0], // nowhere said to be the answer
  ["\\boxed{b+a}", ["a-b", "a+b"], 1],
  ["", 5, 0],
])("%j for %j scores %f", (completion, target, expected) => {
  expect(score(completion, target)).toBe(expected);
});

test("PeBR-R1, stage 2: the final line, or the whole response", () => {
  const options = { extract: [{ marker: "### The final answer is:" }, "whole"] };
  expect(score("### Rationales: 11 cm?\n### The final answer is: 12 cm\n", "12", options)).toBe(1);
  expect(score("### The final answer is: 12 cm", "12\\text{ cm}", options)).toBe(1);
  expect(score("1 / 2", "1/2", options)).toBe(1);
  expect(score("### The final answer is: 13", "12", options)).toBe(0);
});

test("VLAA-Thinker: no answer block is worth 0, whatever the text holds", () => {
  expect(score("<think>12</think> 12", 12, { extract: "answer" })).toBe(0);
});

test.each([[""], ["  "], [[]], [["1", ""]], [Number.NaN], [null], ["x".repeat(1001)]])("the target %j is refused", (target) => {
  expect(math.target.safeParse(target).success).toBe(false);
});
