import { expect, test } from "vitest";
import { judged } from "../../tests/judged.ts";
import type { Judged } from "./define.ts";
import { groupMean, groupSteps } from "./group-mean.ts";
import { AdvantageFields } from "./options.ts";
import { groupRelative, leaveOneOut } from "./relative.ts";

const scale = (scale_rewards: "group" | "batch" | "none") => AdvantageFields.parse({ scale_rewards });
const standing = (...groups: (number | null)[][]) => groups.map((group) => group.map((score) => ({ score, compared: true })));

test("group: less the mean, over the sample deviation and 1e-4", () => {
  // mean 2, deviations -1 0 1, sample deviation sqrt((1 + 0 + 1) / 2) = 1
  expect(groupRelative(standing([1, 2, 3]), scale("group"))).toEqual([[-1 / 1.0001, 0, 1 / 1.0001]]);
});

test("the deviation may be that of the population, and the epsilon another", () => {
  // population deviation sqrt(2 / 3)
  const options = AdvantageFields.parse({ std: "population", std_epsilon: 1e-6 });
  const divisor = Math.sqrt(2 / 3) + 1e-6;
  expect(groupRelative(standing([1, 2, 3]), options)).toEqual([[-1 / divisor, 0, 1 / divisor]]);
});

test("none does not divide; batch divides by the deviation of all", () => {
  const groups = standing([0, 2], [4, 6]);
  expect(groupRelative(groups, scale("none"))).toEqual([
    [-1, 1],
    [-1, 1],
  ]);
  // mean 3, squares 9 1 1 9, sample deviation sqrt(20 / 3)
  const divisor = Math.sqrt(20 / 3) + 1e-4;
  expect(groupRelative(groups, scale("batch"))).toEqual([
    [-1 / divisor, 1 / divisor],
    [-1 / divisor, 1 / divisor],
  ]);
});

test("a reward that is missing enters no statistics and gets nothing", () => {
  expect(groupRelative(standing([null, 1, 3]), scale("none"))).toEqual([[0, -1, 1]]);
  expect(groupRelative(standing([null, null]), scale("group"))).toEqual([[0, 0]]);
  expect(leaveOneOut(standing([null, 1, 3]))).toEqual([[0, -2, 2]]);
});

test("equal rewards teach nothing", () => {
  expect(groupRelative(standing([0.5, 0.5, 0.5]), scale("group"))).toEqual([[0, 0, 0]]);
});

test("who is compared with and who is judged are two things", () => {
  const group = [
    { score: 1, compared: true },
    { score: 3, compared: true },
    { score: 8, compared: false },
  ];
  expect(groupRelative([group], scale("none"))).toEqual([[-1, 1, 6]]);
  // the last one has two others, each of them one
  expect(leaveOneOut([group])).toEqual([[-2, 2, 6]]);
});

test("group_mean gives every token its completion's advantage", () => {
  const [[low, high]] = groupMean.estimate([[judged(0), judged(2)]], scale("none")) as [[Float32Array, Float32Array]];
  expect([...low!, ...high!]).toEqual([-1, -1, -1, -1, 1, 1, 1, 1]);
});

test("what tokens are paid counts with the reward", () => {
  const paid = judged(1, { tokenRewards: Float32Array.of(-0.5, 0, -0.5, 7), mask: Float32Array.of(1, 1, 1, 0) });
  const [[low]] = groupMean.estimate([[paid, judged(2)]], scale("none")) as [[Float32Array]];
  expect(low![0]).toBe(-1); // 0 and 2
});

test("group_steps adds each step's own standing to the tokens that took it", () => {
  const step = (score: number): Judged["steps"] => [{ step: "steps/reading/0", start: 1, end: 3, score }];
  const group = [judged(1, { steps: step(0) }), judged(1, { steps: step(1) }), judged(1)];
  const [advantages] = groupSteps.estimate([group], scale("none"));
  // the rewards are equal; the readings 0 and 1 lie half a point from their mean, and the third completion has none
  expect(advantages!.map((a) => [...a])).toEqual([
    [0, -0.5, -0.5, 0],
    [0, 0.5, 0.5, 0],
    [0, 0, 0, 0],
  ]);
});

test("the steps of a completion that could not be scored are not held against its siblings", () => {
  const step = (score: number): Judged["steps"] => [{ step: "a", start: 0, end: 1, score }];
  const group = [judged(null, { steps: step(1) }), judged(1, { steps: step(0) }), judged(1, { steps: step(0) })];
  const [advantages] = groupSteps.estimate([group], scale("none"));
  expect(advantages!.flatMap((a) => [...a])).toEqual(Array(12).fill(0));
});
