import { expect, test } from "vitest";
import { rewardInput } from "./define.ts";
import { format } from "./format.ts";

test.each([
  ["<think>7+8=15</think><answer>15</answer>", 1],
  [" \n<think>a <box>1,1,2,2</box></think>\n <answer> 15 </answer>\n", 1],
  ["<think>a</think><answer>15</answer> done", 0],
  ["So: <think>a</think><answer>15</answer>", 0],
  ["<think>a</think> then <answer>15</answer>", 0],
  ["<think>a<think>b</think></think><answer>15</answer>", 0], // nested
  ["<think>a</think><answer><answer>15</answer></answer>", 0],
  ["<think>a</think><answer>15</answer><answer>15</answer>", 0], // repeated
  ["<think>a<answer>15</answer></think>", 0],
  ["<answer>15</answer><think>a</think>", 0],
  ["<think></think><answer>15</answer>", 0], // nothing thought
  ["<think>a</think><answer> </answer>", 0],
  ["<answer>15</answer>", 0],
  ["<think>a</think><answer>15", 0],
  ["<THINK>a</THINK><answer>15</answer>", 0],
  ["", 0],
])("%j scores %f", (completion, expected) => {
  expect(format.score(rewardInput({ completion, target: undefined }))).toBe(expected);
});
