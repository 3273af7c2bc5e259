import { expect, test } from "vitest";
import { Optimizer } from "./optimizer-options.ts";
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

// get_linear_schedule_with_warmup: (steps - step) / (steps - warm-up) once it has warmed up
test("a line from there down, to the floor", () => {
  expect(rates(6, { schedule: "linear", warmup_steps: 2 })).toEqual(near([0.5, 1, 1, 0.75, 0.5, 0.25]));
  // 0.2 + 0.8 * (1, 3/4, 1/2, 1/4)
  expect(rates(4, { schedule: "linear", min_lr_ratio: 0.2 })).toEqual(near([1, 0.8, 0.6, 0.4]));
});

// get_wsd_schedule: the decay's progress is 0, 1/4, 1/2, 3/4 over the last 4 of 8 steps
test.each([
  ["cosine", [1, 0.5 * (1 + Math.SQRT1_2), 0.5, 0.5 * (1 - Math.SQRT1_2)]],
  ["linear", [1, 0.75, 0.5, 0.25]],
  ["1-sqrt", [1, 0.5, 1 - Math.SQRT1_2, 1 - Math.sqrt(0.75)]],
])("wsd warms up, stays, and goes down by %s", (shape, down) => {
  const wsd = { schedule: "wsd", warmup_steps: 2, decay: { steps: 4, shape } };
  expect(rates(8, wsd)).toEqual(near([0.5, 1, 1, 1, ...down]));
  const floored = down.map((value) => 0.1 + 0.9 * value);
  expect(rates(8, { ...wsd, min_lr_ratio: 0.1 })).toEqual(near([0.5, 1, 1, 1, ...floored]));
});

test("wsd without a warm-up, and with nothing but decay", () => {
  expect(rates(4, { schedule: "wsd", decay: { steps: 2, shape: "linear" } })).toEqual(near([1, 1, 1, 0.5]));
  expect(rates(2, { schedule: "wsd", decay: { steps: 2, shape: "linear" } })).toEqual(near([1, 0.5]));
});

// transformers' Adafactor._get_lr without the parameter's scale
test("a relative step falls with the root of the steps", () => {
  const adafactor = (options: object) => ({ kind: "adafactor", lr: 1e-6, adafactor: { relative_step: true, ...options } });
  expect(learningRate(0, 1e5, Optimizer.parse(adafactor({})))).toBe(0.01);
  expect(learningRate(39_999, 1e5, Optimizer.parse(adafactor({})))).toBeCloseTo(0.005, 12); // 1 / sqrt(40000)
  expect(learningRate(1, 1e5, Optimizer.parse(adafactor({ warmup_init: true })))).toBeCloseTo(2e-6, 18);
});

test.each([
  ["adafactor", { kind: "adafactor" }],
  ["adafactor", { adafactor: {} }],
  ["betas", { kind: "adafactor", adafactor: {}, betas: [0.9, 0.98] }],
  ["adafactor.relative_step", { kind: "adafactor", adafactor: { relative_step: true }, lr: 1e-3 }],
  ["adafactor.warmup_init", { kind: "adafactor", adafactor: { warmup_init: true } }],
  ["no_decay", { no_decay: ["bias"] }],
  ["decay", { schedule: "cosine", decay: { steps: 2 } }],
  ["decay", { schedule: "wsd" }],
  ["min_lr_ratio", { schedule: "constant", min_lr_ratio: 0.1 }],
])("%s is refused where it would be ignored, or is missing", (field, options) => {
  expect(Optimizer.safeParse(options).error!.issues.map(({ path }) => path.join("."))).toEqual([field]);
});
