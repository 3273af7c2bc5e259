import { expect, test } from "vitest";
import type { Outcome, RewardPart, Scored } from "../../core/types.ts";
import { type Case, scoreCases } from "./cases.ts";
import { histogram, moments, quantile, statsOf, strangest } from "./stats.ts";

const part = (outcome: Outcome, latencyMs = 1): RewardPart => ({ name: "a", outcome, latencyMs });
const score = (value: number, latencyMs?: number): Scored => ({ parts: [part({ kind: "score", score: value }, latencyMs)], reward: value });

test("moments and quantiles by hand", () => {
  // mean 3, squares 4 + 1 + 0 + 1 + 4 = 10, 10 / 4 = 2.5
  expect(moments([1, 2, 3, 4, 5])).toEqual({ mean: 3, std: Math.sqrt(2.5), min: 1, max: 5 });
  expect(moments([7])).toEqual({ mean: 7, std: 0, min: 7, max: 7 });
  expect(moments([]).mean).toBeNull();
  expect(quantile([5, 1, 3, 2], 0.5)).toBe(2);
  expect(quantile([5, 1, 3, 2], 0.95)).toBe(5);
  expect(quantile([], 0.5)).toBeNull();
});

test("a histogram's bins hold each value once, the largest in the last", () => {
  expect(histogram([0, 0.24, 0.25, 0.5, 1], 4).map(({ count }) => count)).toEqual([2, 1, 1, 1]);
  expect(histogram([2, 2])).toEqual([{ low: 2, high: 2, count: 2 }]);
  expect(histogram([])).toEqual([]);
});

test("stats count what is no score apart", () => {
  const scored: Scored[] = [
    score(1, 10),
    score(0, 30),
    { parts: [part({ kind: "error", message: "broke" }, 0)], reward: null },
    { parts: [part({ kind: "timeout", message: "late" }, 20)], reward: null },
    { parts: [part({ kind: "not_applicable" }, 0)], reward: null },
  ];
  const [reward, a] = statsOf(scored);
  expect(reward).toMatchObject({ name: "reward", scored: 2, not_applicable: 3, mean: 0.5 });
  // of 10, 20 and 30 ms
  expect(a).toMatchObject({ scored: 2, errors: 1, timeouts: 1, not_applicable: 1, mean: 0.5, p50_ms: 20, p95_ms: 30 });
});

test("the strangest: what failed, what was slow, what is far off", () => {
  const scored = [
    ...Array.from({ length: 20 }, () => score(1)),
    score(0, 50),
    { parts: [part({ kind: "error", message: "broke" })], reward: null },
  ];
  // 20 ones and a zero: mean 20/21, variance 20/21 / 20 = 1/21, so 0 is 20/21 * sqrt(21) = 4.36 away
  expect(strangest(scored)).toEqual([
    { index: 21, part: "a", why: "error", detail: "broke" },
    { index: 20, part: "a", why: "slow", detail: "50.0 ms" },
    { index: 20, part: "a", why: "outlier", detail: "0, 4.4 standard deviations from the mean" },
  ]);
});

test("groups are scored as wholes, and order is kept", async () => {
  const cases = ["x", "y", "z", "w"].map((completion, i): Case => {
    const request = { example: { id: "e", fields: {} }, completion, tokens: 1, finish: "stop" as const };
    return { id: completion, request, group: i === 3 ? null : ["p", "q", "p"][i]!, recorded: null };
  });
  const seen: string[][] = [];
  const scorer = {
    score: async () => ({ parts: [], reward: null }),
    scoreGroup: async (requests: readonly { completion: string }[]) => {
      seen.push(requests.map(({ completion }) => completion));
      return requests.map(({ completion }) => ({ parts: [], reward: completion.charCodeAt(0) }));
    },
  };
  const scored = await scoreCases(scorer, cases);
  expect(scored.map(({ reward }) => reward)).toEqual(["x", "y", "z", "w"].map((one) => one.charCodeAt(0)));
  expect(await scoreCases(scorer, cases, { atOnce: 1 })).toEqual(scored);
  seen.splice(3);
  expect(seen.sort()).toEqual([["w"], ["x", "z"], ["y"]]);
});
