import { expect, test } from "vitest";
import type { StepScore } from "../../core/types.ts";
import { rewardInput } from "../define.ts";
import { pairProgress, progress, progressDeltas, progressValues } from "./progress.ts";

// VLAC, acceptance 1: T = 10
test.each([
  [2, 6, 50], // 4 of 8
  [6, 2, -50],
  [2, 3, 12.5],
  [3, 2, -12.5],
  [5, 5, 0],
])("from %i to %i: %f %", (i, j, expected) => expect(pairProgress(i, j, 10)).toBe(expected));

// acceptance 2 and 3
test.each([
  [[20, 50, -10], "simple", [0, 20, 60, 56]], // 60 + 40 * -0.1
  [[20, 50, -10], "mix", [0, 20, 60, 100 - 4000 / 90]], // 55.556
  [[20, -10], "mix", [0, 20, 18]],
  [[20, 50, -50], "mix", [0, 20, 60, 20]], // a loss undoes a gain of its size
  [[20, -10], "division", [0, 20, 100 - 8000 / 90]], // 11.11
  [[20, -20], "division", [0, 20, 10]], // 100 - 80 / 80 * 100 = 0, and not under 10
  [[100, -100], "mix", [0, 100, 10]], // c is -99: 100 - 1 / 1 * 100 = 0
  [[], "mix", [0]],
] as const)("critics %j by %s: %j", (critics, mode, expected) => {
  expect(progressValues(critics, mode)).toEqual(expected.map((value) => expect.closeTo(value, 9)));
});

test("deltas add up to the whole; a discount takes from what comes after", () => {
  expect(progressDeltas([0, 20, 60, 56])).toEqual([20, 40, -4]);
  expect(progressDeltas([10, 20], 0.5)).toEqual([0]);
  expect(progressDeltas([])).toEqual([]);
});

const ask = (completion: string) =>
  progress.score(rewardInput({ completion, target: [20, 50, -10], options: progress.options!.parse({}) })) as {
    score: number;
    steps: StepScore[];
    metrics: { sign: number };
  };
const said = (...numbers: (string | number)[]) => numbers.map((number) => `<score>${number}</score>`).join(" ");

test.each([
  [said(20, 50, -10), 1, 1],
  [said("+20", "50.0", " -10 "), 1, 1],
  [said(10, 50, -10), (0.5 + 1 + 1) / 3, 1], // off by half of the tolerance
  [said(20, 50, 5), 2 / 3, 2 / 3], // off by 15, but the wrong way
  [said(20, 50), 2 / 3, 2 / 3],
  [said(20, 50, -10, 10), 3 / 4, 1], // one too many
  [`${said(20, 50, -10)}<score>`, 3 / 4, 1],
  [said("", "1e1", "NaN"), 0, 0],
  ["", 0, 0],
])("%j scores %f", (completion, expected, sign) => {
  const returned = ask(completion);
  expect(returned.score).toBeCloseTo(expected, 12);
  expect(returned.metrics.sign).toBe(sign);
});

test("every number is scored where it stands", () => {
  const completion = said(10, 50);
  expect(ask(completion).steps.map(({ start, end, score }) => [completion.slice(start, end), score])).toEqual([
    ["10", 0.5],
    ["50", 1],
  ]);
});

test.each([[[]], [[101]], [["20"]], [undefined]])("target %j is refused", (target) => {
  expect(progress.target.safeParse(target).success).toBe(false);
});
