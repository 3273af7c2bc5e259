import { expect, test } from "vitest";
import { Optimizer } from "./options.ts";
import { learningRate, scheduledStep } from "./schedule.ts";

const rates = (steps: number, options: object) => {
  const optimizer = Optimizer.parse({ lr: 1, ...options });
  return Array.from({ length: steps }, (_, step) => learningRate(step, steps, optimizer));
};
const near = (values: number[]) => values.map((value) => expect.closeTo(value, 12));

test("constant", () => {
  expect(rates(3, {})).toEqual([1, 1, 1]);
});

test("a warm-up reaches the rate with its last step", () => {
  expect(rates(6, { warmup_steps: 4 })).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
});

test("half a cosine from there down towards its floor", () => {
  // after 2 steps of warm-up: progress 0, 1/4, 1/2, 3/4 of the way from 1 to 1/10
  const half = (1 - 0.1) / 2;
  const expected = [0.5, 1, 1, 0.1 + half * (1 + Math.SQRT1_2), 0.1 + half, 0.1 + half * (1 - Math.SQRT1_2)];
  expect(rates(6, { schedule: "cosine", warmup_steps: 2, min_lr_ratio: 0.1 })).toEqual(near(expected));
});

test("muon keeps step with the other rate", () => {
  const optimizer = Optimizer.parse({ lr: 0.1, warmup_steps: 4, muon: { lr: 2 } });
  expect(scheduledStep(1, 8, optimizer)).toMatchObject({ lr: 0.05, muon: { lr: 1, momentum: 0.95 } });
  expect(scheduledStep(6, 8, Optimizer.parse({}))).toMatchObject({ lr: 1e-6, muon: null });
});

test("a warm-up longer than the stage never gets there", () => {
  expect(rates(2, { schedule: "cosine", warmup_steps: 4 })).toEqual([0.25, 0.5]);
});
