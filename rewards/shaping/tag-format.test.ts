import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { tagFormat } from "./tag-format.ts";

function score(completion: string, options: unknown = {}) {
  return tagFormat.score(rewardInput({ completion, target: undefined, options: tagFormat.options!.parse(options) }));
}

test.each([
  ["<think>a</think><answer>b</answer>", 1],
  [" <think>a</think>\n<answer>b</answer>\n", 1],
  ["So <think>a</think><answer>b</answer>", 0],
  ["<think>a</think> so <answer>b</answer>", 0],
  ["<think>a</think><answer>b</answer>.", 0],
  ["<answer>b</answer><think>a</think>", 0], // order
  ["<think>a</think><answer>b</answer><answer>b</answer>", 0], // twice
  ["<think>a<think>b</think></think><answer>b</answer>", 0],
  ["<think>a<answer>b</answer></think>", 0],
  ["<think>a</think><answer>b", 0],
  ["<think> </think><answer>b</answer>", 0],
  ["<think>a <box>1</box></think><answer>b</answer>", 1], // other tags are text
  ["", 0],
])("%j scores %f", (completion, expected) => {
  expect(score(completion)).toBe(expected);
});

test.each([
  ["x<think>a</think>y<answer>b</answer>z", [0, 0, 1]],
  ["<think>a</think>y<answer>b</answer>", [0, 1, 1]],
  ["<think>a</think><answer>b</answer>", [1, 1, 1]],
  ["<think>a</think>y<answer>b</answer>z", [0, 0, 1]],
])("text outside: %j scores %j for blank, between, any", (completion, expected) => {
  expect(["blank", "between", "any"].map((outside) => score(completion, { outside }))).toEqual(expected);
});

// LongVT: think, (tool_call, think) n times, answer; what the tool said is the environment's.
const longvt = {
  tags: ["think", { repeat: ["tool_call", "think"] }, "answer"],
  ignore: ["tool_response"],
  max_chars: { answer: 999 },
};
const CALL = '<tool_call>{"name":"crop_video"}</tool_call>';
test.each([
  ["<think>a</think><answer>b</answer>", 1],
  [`<think>a</think> ${CALL}<tool_response>frames</tool_response><think>c</think> <answer>b</answer>`, 1],
  [`<think>a</think>${CALL}<think>c</think>${CALL}<think>d</think><answer>b</answer>`, 1],
  [`<think>a</think>${CALL}<answer>b</answer>`, 0], // acceptance 2: no thought between tool and answer
  [`${CALL}<think>a</think><answer>b</answer>`, 0],
  [`<think>a</think><think>c</think>${CALL}<answer>b</answer>`, 0],
  [`<think>a</think><answer>${"x".repeat(999)}</answer>`, 1],
  [`<think>a</think><answer>${"x".repeat(1000)}</answer>`, 0], // acceptance 4
  ["<think>a</think><tool_response>open <answer>b</answer>", 0], // a response that never ends is text outside
])("LongVT: %j scores %f", (completion, expected) => {
  expect(score(completion, longvt)).toBe(expected);
});

// acceptance 1, 2 and 4: a judge's score, the format and the overlap of the last window, of weight 1 each
test.each([
  [`<think>a</think>${CALL}<think>c</think><answer>b</answer>`, 0.5, 10 / 40, 1.75],
  ["<think>a</think><answer>b</answer>", 1, 0, 2],
  [`<think>a</think>${CALL}<think>c</think><answer>${"x".repeat(1000)}</answer>`, 0, 0.5, 0.5], // too long to be right
])("LongVT, in all: %j with %f and %f", (completion, judged, overlap, expected) => {
  expect(judged + (score(completion, longvt) as number) + overlap).toBeCloseTo(expected, 12);
});

test("a repeat has a least and a most", () => {
  const options = { tags: [{ repeat: ["a"], min: 2, max: 3 }] };
  expect([1, 2, 3, 4].map((n) => score("<a>x</a>".repeat(n), options))).toEqual([0, 1, 1, 0]);
});

// four named parts: one that is missing costs a quarter
const named = { tags: ["summary", "caption", "reasoning", "conclusion"], partial: true };
test.each([
  ["<summary>a</summary><caption>b</caption><reasoning>c</reasoning><conclusion>d</conclusion>", 1],
  ["<summary>a</summary><caption>b</caption><conclusion>d</conclusion>", 3 / 4],
  ["<summary>a</summary><reasoning>c</reasoning><caption>b</caption><conclusion>d</conclusion>", 3 / 4], // one out of order
  ["<summary>a</summary><summary>a</summary><conclusion>d</conclusion>", 1 / 4], // one twice, two missing
  ["<summary></summary>", 0],
  ["", 0],
])("partial: %j scores %f", (completion, expected) => {
  expect(score(completion, named)).toBe(expected);
  expect(score(completion, { ...named, partial: false })).toBe(expected === 1 ? 1 : 0);
});

test("blank parts can be allowed", () => {
  expect(score("<think>\n\n</think><answer>b</answer>", { blank: true })).toBe(1);
});

test.each([
  [{ tags: [] }, "tags"],
  [{ tags: ["a b"] }, "tags.0"],
  [{ tags: [{ repeat: ["a"], min: 3, max: 2 }] }, "tags.0"],
  [{ tags: [{ repeat: ["a"] }], partial: true }, "partial"],
  [{ tag: ["a"] }, ""],
])("options %j are refused", (options, path) => {
  expect(tagFormat.options!.safeParse(options).error?.issues[0]?.path.join(".")).toBe(path);
});
