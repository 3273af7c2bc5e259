import { expect, test } from "vitest";
import type { Outcome, RewardPart, Rollout } from "../core/types.ts";
import { rolloutMetrics } from "./grpo-metrics.ts";

function rollout(reward: number | null, outcome: number | null, parts: RewardPart[], tokens = 2): Rollout {
  return { reward, outcome, parts, tokens: new Int32Array(tokens), finish: "stop" } as Partial<Rollout> as Rollout;
}

function part(outcome: Outcome, latencyMs: number): RewardPart {
  return { name: "judge", outcome, latencyMs };
}

const score = (value: number): Outcome => ({ kind: "score", score: value });

test("outcome and reward have means of their own, over the rollouts that have one", () => {
  const metrics = rolloutMetrics([[rollout(3, 1, []), rollout(1, 0, []), rollout(null, 1, []), rollout(2, null, [])]]);
  expect(metrics).toMatchObject({ reward: 2, "reward/outcome/mean": 2 / 3, "rollout/failed": 1 });
  expect(rolloutMetrics([[rollout(1, null, [])]])).not.toHaveProperty("reward/outcome/mean");
});

test("scores, failures and the 95th percentile of a reward's time", () => {
  // 38 of 1 ms and 2 of 9 ms: 95 % of 40 is the 38th; what was not asked does not count
  const fast = Array.from({ length: 38 }, () => rollout(1, 1, [part(score(1), 1)]));
  const slow = [part({ kind: "timeout", message: "" }, 9), part({ kind: "error", message: "" }, 9)].map((one) =>
    rollout(null, null, [one]),
  );
  const absent = Array.from({ length: 20 }, () => rollout(1, 1, [part({ kind: "not_applicable" }, 0)]));
  expect(rolloutMetrics([[...fast, ...slow, ...absent]])).toMatchObject({
    "rewards/judge/mean": 1,
    "reward/judge/timeout": 1,
    "reward/judge/error": 1,
    "reward/judge/not_applicable": 20,
    "reward/judge/latency_p95_ms": 1,
  });
  expect(rolloutMetrics([[...fast.slice(1), ...slow]])).toMatchObject({ "reward/judge/latency_p95_ms": 9 }); // the 38th of 39
  expect(rolloutMetrics([absent])).not.toHaveProperty("reward/judge/latency_p95_ms");
});
