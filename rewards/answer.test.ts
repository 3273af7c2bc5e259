import { expect, test } from "vitest";
import { answer } from "./answer.ts";
import { rewardInput } from "./define.ts";

test.each<[string, string | number, number]>([
  ["<think>7+8=15</think><answer>15</answer>", "15", 1],
  ["<answer> 015\n</answer>", "15", 1],
  ["<answer>15.0</answer>", 15, 1],
  ["<answer>14</answer>", 15, 0],
  ["<answer>15</answer> or <answer>16</answer>", "15", 0], // the last one counts
  ["<answer>16</answer> or <answer>15</answer>", "15", 1],
  ["<answer>15 16</answer>", "15", 0],
  ["<answer>15,16</answer>", "15", 0],
  ["<answer></answer>", 0, 0], // a blank is not a zero
  ["<answer></answer>", "0", 0],
  ["<answer>NaN</answer>", 0, 0],
  ["<answer>1.5e1</answer>", 15, 0],
  ["<answer>0xf</answer>", 15, 0],
  ["<answer>١٥</answer>", 15, 0],
  ["<answer>\uff11\uff15</answer>", 15, 0], // full width
  ["<answer>15", "15", 0],
  ["15", "15", 0],
  ["", "15", 0],
  ["<answer>  New   york </answer>", "new York", 1],
  ["<answer>1e1</answer>", "1E1", 1], // as text
  ["<answer>10000000000000001</answer>", "10000000000000000", 0], // equal as doubles
])("%j for %j scores %f", (completion, target, expected) => {
  expect(answer.score(rewardInput({ completion, target }))).toBe(expected);
});

test("a blank target is refused: an empty answer would be right", () => {
  expect(answer.target.safeParse(" ").success).toBe(false);
  expect(answer.target.safeParse("a").success).toBe(true);
  expect(answer.target.safeParse(0).success).toBe(true);
});
