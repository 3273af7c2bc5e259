import { expect, test } from "vitest";
import type { StepScore } from "../../core/types.ts";
import { rewardInput } from "../define.ts";
import { errorLocation, firstError } from "./first-error.ts";

const ask = (completion: string, options: object = {}) =>
  firstError.score(rewardInput({ completion, target: ["1", "2", "3", "4"], options: firstError.options!.parse(options) })) as {
    score: number;
    steps: StepScore[];
    metrics: Record<string, number>;
  };

test.each([
  ["1\n2\n3\n4", 1, 1, [1, 1, 1, 1], [1, 1, 1, 1]],
  ["1\n2\nx\n4", 2 / 4, 2 / 4, [1, 1, 0], [1, 1, 0, 0]], // what is right after an error is not counted
  ["x\n2\n3\n4", 0, 0, [0], [0, 0, 0, 0]],
  ["1\n2", 2 / 4, 2 / 4, [1, 1], [1, 1]],
  ["1\n2\n3\n4\n5\n6", 4 / 6, 1, [1, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0]], // too many
  ["", 0, 0, [], []],
])("%j scores %f", (completion, score, first, skipped, zeroed) => {
  const returned = ask(completion);
  expect(returned).toMatchObject({ score, metrics: { first_error: first } });
  expect(returned.steps.map((step) => step.score)).toEqual(skipped);
  expect(ask(completion, { after: "zero" }).steps.map((step) => step.score)).toEqual(zeroed);
});

test.each([
  ["<answer>2</answer>", 2, 1],
  ["<answer> 02 </answer>", 2, 1],
  ["<answer>-1</answer>", -1, 1],
  ["<answer></answer>", 0, 0], // a blank is not a 0
  ["<answer>1</answer>", 2, 0],
  ["2", 2, 0],
])("%j for %i scores %i", (completion, target, expected) => {
  expect(errorLocation.score(rewardInput({ completion, target }))).toBe(expected);
});

test.each([-2, 0.5, "1", undefined])("index %j is refused", (target) => {
  expect(errorLocation.target.safeParse(target).success).toBe(false);
});
