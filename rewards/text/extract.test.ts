import { expect, test } from "vitest";
import { type Extract, Extract as ExtractSchema, extract } from "./extract.ts";

const parsed = (from: unknown): Extract => ExtractSchema.parse(from);

test.each<[unknown, string, string | null]>([
  ["answer", "<answer>4</answer> no <answer>5</answer>", "5"], // the last one counts
  ["answer", "<answer>5", null],
  ["boxed", "\\boxed{1} so \\boxed{\\frac{1}{2}}", "\\frac{1}{2}"], // braces balanced
  ["boxed", "\\boxed{\\{1,2\\}}", "\\{1,2\\}"],
  ["boxed", "\\boxed{\\boxed{5}}", "\\boxed{5}"],
  ["boxed", "\\boxed{4} and \\boxed{5", "4"], // one that is not closed is none
  ["boxed", "\\boxed{}", ""],
  ["boxed", "boxed{5}", null],
  ["whole", " a ", " a "],
  [{ tag: "action" }, "<action>go</action>", "go"],
  [{ marker: "FINAL_ANSWER:" }, "FINAL_ANSWER: B. dog\nmore", " B. dog"], // to the end of the line
  [{ marker: "FINAL_ANSWER:" }, "final_answer: B", null],
  [{ marker: "FINAL_ANSWER:", ignore_case: true }, "final_answer: B", " B"],
  [{ marker: "x:" }, "x: 1\nx: 2", " 2"],
  [{ between: ["<|begin_of_box|>", "<|end_of_box|>"] }, "<answer>is <|begin_of_box|>7<|end_of_box|>.</answer>", "7"],
  [{ between: ["[", "]"] }, "[a] [b", "a"],
  [{ tag: "answer", boxed: true }, "\\boxed{1}<answer>\\boxed{2}</answer>", "2"],
  [{ tag: "answer", boxed: true }, "\\boxed{1}<answer>2</answer>", null],
  [{ tag: "action", marker: "output answer:", word: true }, "<action>output answer: C because</action>", "C"], // FrameThinker
  // PeBR-R1, stage 2: the line, or else the whole response
  [[{ marker: "### The final answer is:" }, "whole"], "### The final answer is: 12 cm\n", " 12 cm"],
  [[{ marker: "### The final answer is:" }, "whole"], "it is 12 cm", "it is 12 cm"],
])("%j of %j is %j", (from, text, expected) => {
  expect(extract(text, parsed(from))).toBe(expected);
});

test.each([[{}], [{ tag: "a b" }], [{ marker: "" }], ["last"], [[]], [{ between: ["[", ""] }]])("%j is refused", (from) => {
  expect(ExtractSchema.safeParse(from).success).toBe(false);
});
