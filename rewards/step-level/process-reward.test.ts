import { expect, test } from "vitest";
import { ProcessOptions, parseVerdicts, processReward } from "./process-reward.ts";

const places = (n: number) => Array.from({ length: n }, (_, i) => ({ text: "a", start: 2 * i, end: 2 * i + 1 }));
const ask = (verdicts: number[], options: object = {}, n = verdicts.length) =>
  processReward(places(n), verdicts, ProcessOptions.parse(options));

test.each([
  [
    [1, 0.5, 0.25, 1],
    [2.75 / 4, 0.25, 0.125, 1, 2 / 4],
  ],
  [
    [1, 1],
    [1, 1, 1, 1, 1],
  ],
  [
    [0, 1],
    [0.5, 0, 0, 1, 0],
  ],
])("%j by mean, min, product, last, prefix: %j", (verdicts, expected) => {
  const scores = ["mean", "min", "product", "last", "prefix"].map((aggregate) => ask(verdicts, { aggregate })!.score);
  for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected[i]!, 12);
});

test("credit goes to each step, where it stands", () => {
  expect(ask([1, 0.2])).toEqual({
    score: 0.6,
    steps: [
      { name: "step/0", start: 0, end: 1, score: 1 },
      { name: "step/1", start: 2, end: 3, score: 0.2 },
    ],
    metrics: { first_error: 1 / 2 },
  });
});

test("a completion without steps", () => {
  for (const aggregate of ["mean", "min", "product", "last", "prefix"]) {
    expect(ask([], { aggregate })).toEqual({ score: 0, steps: [], metrics: { first_error: 1 } });
    expect(ask([], { aggregate, none: 0.5 })!.score).toBe(0.5);
  }
});

test("a judge that failed gives no score", () => {
  expect(ask([1], {}, 2)).toBeNull();
  expect(ask([1, 1], {}, 1)).toBeNull();
  expect(ask([1.1])).toBeNull();
  expect(ask([Number.NaN])).toBeNull();
});

test.each([
  ["[1, 0, 0.5]", [1, 0, 0.5]],
  ["Step [1] is wrong: [true, false, 1]", [1, 0, 1]],
  ["[1, 0]", null], // one lacks
  ["[1, 0, 2]", null],
  ["[1, 0, null]", null],
  ['[1, 0, "1"]', null],
  ["[[1, 0, 1]]", null],
  ["1, 0, 1", null],
  ["][", null],
  ["[1, 0, 1", null],
  ["", null],
])("verdicts of %j: %j", (reply, expected) => expect(parseVerdicts(reply, 3)).toEqual(expected));
