import { expect, test } from "vitest";
import { findSteps, StepFinder } from "./find-steps.ts";

function found(text: string, options: object) {
  const { steps, count } = findSteps(text, StepFinder.parse(options));
  for (const { text: step, start, end } of steps) expect(text.slice(start, end)).toBe(step);
  return [steps.map((step) => step.text), count];
}

test.each([
  ["a\n\n  b \nc", { split: "lines" }, ["a", "b", "c"]],
  ["So:\n1. a\nmore\n 2) b\n(3) c\n4.5 is no step", { split: "numbered" }, ["a\nmore", "b", "c\n4.5 is no step"]],
  ["1.\n2. b", { split: "numbered" }, ["b"]], // a blank step is none
  ["So. Step 1: a. step 2) b\n**Step 3:** c\nMisstep 4: d", { split: "labelled" }, ["a.", "b", "c\nMisstep 4: d"]],
  ["Schritt 1: a", { split: "labelled", label: "Schritt" }, ["a"]],
  ["Step: a", { split: "labelled" }, []],
  ["x<step>a</step>y<step> b </step><step>c", { split: "tags" }, ["a", "b"]],
  ["It is 3.5 m. Is it? Yes!\nok", { split: "sentences" }, ["It is 3.5 m.", "Is it?", "Yes!", "ok"]],
  ["是。不是！ok...", { split: "sentences" }, ["是。", "不是！", "ok..."]],
  ["", { split: "sentences" }, []],
  [" \n \n", { split: "lines" }, []],
])("%j by %j", (text, options, expected) => {
  expect(found(text, options)).toEqual([expected, expected.length]);
});

test("steps of one block; the last one counts", () => {
  expect(found("x\n<think>a</think>\n<think>b\nc</think>\ny", { within: "think" })).toEqual([["b", "c"], 2]);
  expect(found("a\nb", { within: "think" })).toEqual([[], 0]);
});

test("steps beyond the limit are counted", () => {
  expect(found("a\nb\nc", { max_steps: 2 })).toEqual([["a", "b"], 3]);
});

test.each([{ split: "words" }, { label: "a+" }, { tag: "" }, { max_steps: 0 }, { max_steps: 1001 }])("%j is refused", (options) => {
  expect(StepFinder.safeParse(options).success).toBe(false);
});
