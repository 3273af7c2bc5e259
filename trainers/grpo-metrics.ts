import type { Rollout } from "../core/types.ts";
import { mean, sampleStd, scored } from "./advantages/define.ts";

/**
 * What a step's rollouts [P][G] say, under TRL's metric names: reward and its parts, lengths, how many groups carry no signal, and
 * what could not be scored.
 */
export function rolloutMetrics(groups: readonly (readonly Rollout[])[]): Record<string, number> {
  const rollouts = groups.flat();
  const rewards = scored(rollouts.map(({ reward }) => reward));
  const lengths = rollouts.map(({ tokens }) => tokens.length);
  const flat = groups.filter((group) => sampleStd(scored(group.map(({ reward }) => reward))) === 0).length;
  return {
    ...(rewards.length > 0 ? { reward: mean(rewards), reward_std: sampleStd(rewards) } : {}),
    frac_reward_zero_std: flat / groups.length,
    "completions/mean_length": mean(lengths),
    "completions/max_length": Math.max(...lengths),
    "completions/clipped_ratio": rollouts.filter(({ finish }) => finish === "length").length / rollouts.length,
    "rollout/failed": rollouts.length - rewards.length,
    ...partMetrics(rollouts),
  };
}

function partMetrics(rollouts: readonly Rollout[]): Record<string, number> {
  const scores = new Map<string, number[]>();
  const causes = new Map<string, number>();
  for (const { name, outcome } of rollouts.flatMap(({ parts }) => parts)) {
    if (outcome.kind === "score") scores.set(name, [...(scores.get(name) ?? []), outcome.score]);
    else causes.set(`reward/${name}/${outcome.kind}`, (causes.get(`reward/${name}/${outcome.kind}`) ?? 0) + 1);
  }
  const out: Record<string, number> = Object.fromEntries(causes);
  for (const [name, values] of scores) {
    out[`rewards/${name}/mean`] = mean(values);
    out[`rewards/${name}/std`] = sampleStd(values);
  }
  return out;
}
