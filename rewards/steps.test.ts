import { expect, test } from "vitest";
import type { StepScore } from "../core/types.ts";
import { rewardInput } from "./define.ts";
import { steps } from "./steps.ts";

const BOX = "<box>1,1,9,9</box>";

// True digits 3, 7, 5: the steps are 3, 7, 5, 3+7=10, 10+5=15.
test.each([
  [`<think>3${BOX}7${BOX}5${BOX}3+7=10;10+5=15</think><answer>15</answer>`, [1, 1, 1, 1]],
  [`3 ${BOX} 7 ${BOX} 5 ${BOX} 3 + 7 = 10 ; 10 + 5 = 15`, [1, 1, 1, 1]],
  [`3${BOX}1${BOX}5${BOX}3+7=10;10+5=15`, [4 / 5, 2 / 3, 1, 1 / 5]],
  [`3${BOX}1${BOX}5${BOX}3+1=4;4+5=9`, [2 / 5, 2 / 3, 0, 1 / 5]], // right sums of a wrong reading
  [`3${BOX}7${BOX}5${BOX}3+7=10`, [4 / 5, 1, 1 / 2, 4 / 5]], // the last step is missing
  [`3${BOX}7${BOX}5${BOX}7+3=10;10+5=15`, [4 / 5, 1, 1 / 2, 3 / 5]], // operands in the wrong order
  [`7${BOX}3${BOX}5${BOX}3+7=10;10+5=15`, [3 / 5, 1 / 3, 1, 0]],
  [`3${BOX}7${BOX}5${BOX}3+7=10;10+5=15;15+0=15`, [5 / 6, 1, 1, 1]], // one too many
  [`3${BOX}7${BOX}5${BOX}5${BOX}3+7=10;10+5=15`, [5 / 6, 1, 1, 1]],
  [`${BOX}${BOX}${BOX}+=;+=`, [0, 0, 0, 0]], // blanks are not zeros
  ["3+7=10;10+5=15", [2 / 5, 0, 1, 0]],
  ["<answer>15</answer>", [0, 0, 0, 0]],
  ["", [0, 0, 0, 0]],
])("%j", async (completion, [score, readings, sums, firstError]) => {
  const returned = await steps.score(rewardInput({ completion, target: [{ digit: 3 }, { digit: 7 }, { digit: 5 }] }));
  expect(returned).toMatchObject({ score, metrics: { readings, sums, first_error: firstError } });
});

test("zeros are digits, and a blank is none of them", async () => {
  const target = [{ digit: 0 }, { digit: 0 }];
  expect(await steps.score(rewardInput({ completion: `0${BOX}0${BOX}0+0=0`, target }))).toMatchObject({ score: 1 });
  expect(await steps.score(rewardInput({ completion: `${BOX}${BOX}+=`, target }))).toMatchObject({ score: 0 });
});

test("one digit has one step and no sum", async () => {
  const returned = await steps.score(rewardInput({ completion: `4${BOX}`, target: [{ digit: 4 }] }));
  expect(returned).toMatchObject({ score: 1, metrics: { readings: 1, sums: 1, first_error: 1 } });
});

test("a thousand guesses for each digit do not pay", async () => {
  const completion = Array.from({ length: 1000 }, (_, i) => `${i % 10}${BOX}`).join("");
  const returned = await steps.score(rewardInput({ completion, target: [{ digit: 0 }, { digit: 1 }] }));
  expect(returned).toMatchObject({ score: 2 / 1000 });
});

test("every step is scored where it stands", () => {
  const completion = "<think>3<box>1,1,9,9</box>9<box>1,1,9,9</box>3+9=12</think><answer>12</answer>";
  const returned = steps.score(rewardInput({ completion, target: [{ digit: 3 }, { digit: 7 }] })) as { steps: StepScore[] };
  // the 3 is right; the 9 should be a 7, and so the sum is wrong too
  expect(returned.steps.map(({ start, end, score }) => [completion.slice(start, end), score])).toEqual([
    ["3", 1],
    ["9", 0],
    ["3+9=12", 0],
  ]);
});
