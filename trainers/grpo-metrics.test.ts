import { expect, test } from "vitest";
import type { Outcome, RewardPart, Rollout } from "../core/types.ts";
import { normalisedOver, rolloutMetrics } from "./grpo-metrics.ts";
import { GrpoStage } from "./options.ts";

function rollout(reward: number | null, outcome: number | null, parts: RewardPart[], tokens = 2): Rollout {
  return { reward, outcome, parts, tokens: new Int32Array(tokens), finish: "stop" } as Partial<Rollout> as Rollout;
}

function part(outcome: Outcome, latencyMs: number): RewardPart {
  return { name: "judge", outcome, latencyMs };
}

const score = (value: number): Outcome => ({ kind: "score", score: value });

test("outcome and reward have means of their own, over the rollouts that have one", () => {
  const metrics = rolloutMetrics([[rollout(3, 1, []), rollout(1, 0, []), rollout(null, 1, []), rollout(2, null, [])]], "group");
  expect(metrics).toMatchObject({ reward: 2, "reward/outcome/mean": 2 / 3, "rollout/failed": 1 });
  expect(rolloutMetrics([[rollout(1, null, [])]], "group")).not.toHaveProperty("reward/outcome/mean");
});

test("scores, failures and the 95th percentile of a reward's time", () => {
  // 38 of 1 ms and 2 of 9 ms: 95 % of 40 is the 38th; what was not asked does not count
  const fast = Array.from({ length: 38 }, () => rollout(1, 1, [part(score(1), 1)]));
  const slow = [part({ kind: "timeout", message: "" }, 9), part({ kind: "error", message: "" }, 9)].map((one) =>
    rollout(null, null, [one]),
  );
  const absent = Array.from({ length: 20 }, () => rollout(1, 1, [part({ kind: "not_applicable" }, 0)]));
  expect(rolloutMetrics([[...fast, ...slow, ...absent]], "group")).toMatchObject({
    "rewards/judge/mean": 1,
    "reward/judge/timeout": 1,
    "reward/judge/error": 1,
    "reward/judge/not_applicable": 20,
    "reward/judge/latency_p95_ms": 1,
  });
  expect(rolloutMetrics([[...fast.slice(1), ...slow]], "group")).toMatchObject({ "reward/judge/latency_p95_ms": 9 }); // the 38th of 39
  expect(rolloutMetrics([absent], "group")).not.toHaveProperty("reward/judge/latency_p95_ms");
});

const sampled = (reward: number | null, length: number, finish: Rollout["finish"]) =>
  ({ reward, tokens: new Int32Array(length), finish, parts: [], outcome: null }) as unknown as Rollout;
const groups = [
  [sampled(1, 2, "stop"), sampled(1, 4, "length")],
  [sampled(0, 3, "stop"), sampled(null, 5, "stop")],
];

test("lengths of all completions and of those that ended by themselves", () => {
  expect(rolloutMetrics(groups, "group")).toMatchObject({
    "completions/mean_length": 3.5,
    "completions/min_length": 2,
    "completions/max_length": 5,
    "completions/mean_terminated_length": 10 / 3,
    "completions/min_terminated_length": 2,
    "completions/max_terminated_length": 5,
    "completions/clipped_ratio": 0.25,
    "rollout/failed": 1,
  });
  expect(rolloutMetrics([[sampled(1, 4, "length")]], "group")["completions/mean_terminated_length"]).toBe(0);
});

test("rewards over the whole batch, and how much of it has no deviation to be divided by", () => {
  const metrics = rolloutMetrics(groups, "group");
  expect(metrics.reward).toBeCloseTo(2 / 3, 12);
  expect(metrics.reward_std).toBeCloseTo(Math.sqrt(1 / 3), 12);
  expect(metrics.frac_reward_zero_std).toBe(1);
  expect(rolloutMetrics(groups, "batch").frac_reward_zero_std).toBe(0);
});

test("which deviation that is", () => {
  const over = (fields: object) => normalisedOver(GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, ...fields }));
  expect(over({})).toBe("group");
  expect(over({ scale_rewards: "none" })).toBe("group");
  expect(over({ scale_rewards: "batch" })).toBe("batch");
  expect(over({ advantage: "gdpo" })).toBe("batch");
});
