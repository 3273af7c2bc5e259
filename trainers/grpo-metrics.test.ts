import { expect, test } from "vitest";
import type { Rollout } from "../core/types.ts";
import { normalisedOver, rolloutMetrics } from "./grpo-metrics.ts";
import { GrpoStage } from "./options.ts";

const rollout = (reward: number | null, length: number, finish: Rollout["finish"]) =>
  ({ reward, tokens: new Int32Array(length), finish, parts: [] }) as unknown as Rollout;
const groups = [
  [rollout(1, 2, "stop"), rollout(1, 4, "length")],
  [rollout(0, 3, "stop"), rollout(null, 5, "stop")],
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
  expect(rolloutMetrics([[rollout(1, 4, "length")]], "group")["completions/mean_terminated_length"]).toBe(0);
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
