import { describe, expect, test } from "vitest";
import type { Outcome, Rollout } from "../../core/types.ts";
import { GroupFilter, keepsGroup } from "./groups.ts";
import { highEntropy, onPolicy, quantile } from "./tokens.ts";

const f = (...values: number[]) => Float32Array.from(values);
const lists = (arrays: readonly Float32Array[]) => arrays.map((own) => [...own]);

test.each([
  [0, 1],
  [0.5, 2.5], // between the second and the third of four
  [0.8, 3.4], // place 0.8 * 3 = 2.4
  [1, 4],
])("quantile %d of 1, 2, 3, 4", (share, expected) => {
  expect(quantile([3, 1, 4, 2], share)).toBeCloseTo(expected, 12);
});

test("the tokens of the highest entropy are those over all completions, masked ones not counted", () => {
  const sequences = [
    { mask: f(1, 1, 0), entropies: f(1, 4, 99) },
    { mask: f(1, 1), entropies: f(3, 2) },
  ];
  // the upper half of 1, 2, 3, 4 begins at 2.5
  expect(lists(highEntropy(sequences, 0.5))).toEqual([
    [0, 1, 0],
    [1, 0],
  ]);
  expect(lists(highEntropy(sequences, 1))).toEqual([
    [1, 1, 0],
    [1, 1],
  ]);
  expect(lists(highEntropy([{ mask: f(0), entropies: f(1) }], 0.5))).toEqual([[0]]);
});

test("a completion that has become unlikely loses its tokens of negative advantage", () => {
  const sequence = (gap: number, ...advantages: number[]) => ({
    mask: f(1, 1, 0),
    advantages: f(...advantages),
    sampled: f(-1, -1, 50),
    logprobs: f(-1 - gap, -1 - gap, -1),
  });
  expect(lists(onPolicy([sequence(0.5, -1, 1, -1), sequence(0.2, -1, 1, -1)], 0.3))).toEqual([
    [0, 1, 0],
    [1, 1, 1],
  ]);
});

describe("a group filter", () => {
  const rollout = (reward: number | null, correct: Outcome) =>
    ({ reward, parts: [{ name: "correct", outcome: correct, latencyMs: 0 }] }) as unknown as Rollout;
  const group = (...rewards: (number | null)[]) => rewards.map((reward) => rollout(reward, { kind: "score", score: reward === 1 ? 1 : 0 }));
  const filter = (fields: object = {}) => GroupFilter.parse(fields);

  test.each([
    [{}, [1, 0, 0], true],
    [{}, [1, 1, 1], false],
    [{}, [1, null, 1], false],
    [{}, [0.5, null], true], // one score has nothing to differ from
    [{}, [null, null], false],
    [{ differ: false }, [1, 1, 1], true],
    [{ low: 0.01, high: 0.99 }, [1, 0, 0], true],
    [{ differ: false, low: 0, high: 1 }, [1, 1], false],
    [{ low: 0.4 }, [1, 0, 0], false],
    [{ high: 0.3 }, [1, 0, 0], false],
  ])("%j of %j: %j", (fields, rewards, expected) => {
    expect(keepsGroup(group(...rewards), filter(fields))).toBe(expected);
  });

  test("on one reward looks at its own score, whatever the total is", () => {
    const shaped = [rollout(0.9, { kind: "score", score: 1 }), rollout(0.8, { kind: "score", score: 1 })];
    expect(keepsGroup(shaped, filter())).toBe(true);
    expect(keepsGroup(shaped, filter({ on: "correct" }))).toBe(false);
    const failed = [rollout(null, { kind: "error", message: "" }), rollout(0.8, { kind: "score", score: 1 })];
    expect(keepsGroup(failed, filter({ on: "correct" }))).toBe(true);
  });

  test("limits that leave nothing between them are refused", () => {
    expect(() => filter({ low: 0.5, high: 0.5 })).toThrow("expected less than high");
  });
});
