import type { Rollout } from "../core/types.ts";
import { mean, sampleStd, scored } from "./advantages/define.ts";
import { monitorMetrics } from "./monitors.ts";

/**
 * What a step's rollouts [P][G] say, under TRL's metric names: reward and its parts, lengths, how many groups carry no signal, what could
 * not be scored, and how long rewards took: the 95th percentile of milliseconds, over what was asked.
 */
export function rolloutMetrics(groups: readonly (readonly Rollout[])[]): Record<string, number> {
  const rollouts = groups.flat();
  const rewards = scored(rollouts.map(({ reward }) => reward));
  const outcomes = scored(rollouts.map(({ outcome }) => outcome));
  const lengths = rollouts.map(({ tokens }) => tokens.length);
  const flat = groups.filter((group) => sampleStd(scored(group.map(({ reward }) => reward))) === 0).length;
  return {
    ...(rewards.length > 0 ? { reward: mean(rewards), reward_std: sampleStd(rewards) } : {}),
    ...(outcomes.length > 0 ? { "reward/outcome/mean": mean(outcomes) } : {}),
    frac_reward_zero_std: flat / groups.length,
    "completions/mean_length": mean(lengths),
    "completions/max_length": Math.max(...lengths),
    "completions/clipped_ratio": rollouts.filter(({ finish }) => finish === "length").length / rollouts.length,
    "rollout/failed": rollouts.length - rewards.length,
    ...partMetrics(rollouts),
    ...monitorMetrics(groups),
  };
}

function partMetrics(rollouts: readonly Rollout[]): Record<string, number> {
  const scores = new Map<string, number[]>();
  const causes = new Map<string, number>();
  const latencies = new Map<string, number[]>();
  for (const { name, outcome, latencyMs } of rollouts.flatMap(({ parts }) => parts)) {
    // what was ruled out, or made of other parts, took no time
    if (latencyMs > 0) latencies.set(name, [...(latencies.get(name) ?? []), latencyMs]);
    if (outcome.kind === "score") scores.set(name, [...(scores.get(name) ?? []), outcome.score]);
    else causes.set(`reward/${name}/${outcome.kind}`, (causes.get(`reward/${name}/${outcome.kind}`) ?? 0) + 1);
  }
  const out: Record<string, number> = Object.fromEntries(causes);
  for (const [name, values] of scores) {
    out[`rewards/${name}/mean`] = mean(values);
    out[`rewards/${name}/std`] = sampleStd(values);
  }
  for (const [name, values] of latencies) out[`reward/${name}/latency_p95_ms`] = percentile95(values);
  return out;
}

/** The smallest value that is at least as large as 95 % of them. */
function percentile95(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1]!;
}
