import { expect, test } from "vitest";
import type { Judged } from "./define.ts";
import { groupMean, groupRelative, groupSteps } from "./group-mean.ts";
import { AdvantageFields } from "./options.ts";

const judged = (reward: number | null, steps: Judged["steps"] = []): Judged => ({ reward, tokens: 4, steps });

test("group: less the mean, over the sample deviation and 1e-4", () => {
  // mean 2, deviations -1 0 1, sample deviation sqrt((1 + 0 + 1) / 2) = 1
  const [advantages] = groupRelative([[1, 2, 3]], { scale_rewards: "group" });
  expect(advantages).toEqual([-1 / 1.0001, 0, 1 / 1.0001]);
});

test("none does not divide; batch divides by the deviation of all", () => {
  const rewards = [
    [0, 2],
    [4, 6],
  ];
  expect(groupRelative(rewards, { scale_rewards: "none" })).toEqual([
    [-1, 1],
    [-1, 1],
  ]);
  // mean 3, squares 9 1 1 9, sample deviation sqrt(20 / 3)
  const divisor = Math.sqrt(20 / 3) + 1e-4;
  expect(groupRelative(rewards, { scale_rewards: "batch" })).toEqual([
    [-1 / divisor, 1 / divisor],
    [-1 / divisor, 1 / divisor],
  ]);
});

test("a reward that is missing enters no statistics and gets nothing", () => {
  expect(groupRelative([[null, 1, 3]], { scale_rewards: "none" })).toEqual([[0, -1, 1]]);
  expect(groupRelative([[null, null]], { scale_rewards: "group" })).toEqual([[0, 0]]);
});

test("equal rewards teach nothing", () => {
  expect(groupRelative([[0.5, 0.5, 0.5]], { scale_rewards: "group" })).toEqual([[0, 0, 0]]);
});

test("group_mean gives every token its completion's advantage", () => {
  const [[low, high]] = groupMean.estimate([[judged(0), judged(2)]], AdvantageFields.parse({ scale_rewards: "none" })) as [
    [Float32Array, Float32Array],
  ];
  expect([...low!, ...high!]).toEqual([-1, -1, -1, -1, 1, 1, 1, 1]);
});

test("group_steps adds each step's own standing to the tokens that took it", () => {
  const step = (score: number) => [{ step: "steps/reading/0", start: 1, end: 3, score }];
  const group = [judged(1, step(0)), judged(1, step(1)), judged(1)];
  const [advantages] = groupSteps.estimate([group], AdvantageFields.parse({ scale_rewards: "none" }));
  // the rewards are equal; the readings 0 and 1 lie half a point from their mean, and the third completion has none
  expect(advantages!.map((a) => [...a])).toEqual([
    [0, -0.5, -0.5, 0],
    [0, 0.5, 0.5, 0],
    [0, 0, 0, 0],
  ]);
});

test("the steps of a completion that could not be scored are not held against its siblings", () => {
  const step = (score: number) => [{ step: "a", start: 0, end: 1, score }];
  const [advantages] = groupSteps.estimate(
    [[judged(null, step(1)), judged(1, step(0)), judged(1, step(0))]],
    AdvantageFields.parse({ scale_rewards: "none" }),
  );
  expect(advantages!.flatMap((a) => [...a])).toEqual(Array(12).fill(0));
});
