import type { Rollout } from "../core/types.ts";
import { mean, sampleStd, scored } from "./advantages/define.ts";
import type { LearnedSequence } from "./grpo-update.ts";
import { monitorMetrics } from "./monitors.ts";
import type { GrpoStage } from "./options.ts";

/** Whose standard deviation a stage's advantages are divided by, or would be. */
export function normalisedOver({ scale_rewards, advantage }: GrpoStage): "group" | "batch" {
  return scale_rewards === "batch" || advantage.startsWith("gdpo") ? "batch" : "group";
}

/**
 * What a step's rollouts [P][G] say, under TRL's metric names: reward and its parts, lengths, how many groups carry no signal, what could
 * not be scored, and how long rewards took: the 95th percentile of milliseconds, over what was asked.
 */
export function rolloutMetrics(groups: readonly (readonly Rollout[])[], over: "group" | "batch"): Record<string, number> {
  const rollouts = groups.flat();
  const rewards = scored(rollouts.map(({ reward }) => reward));
  const outcomes = scored(rollouts.map(({ outcome }) => outcome));
  const lengths = rollouts.map(({ tokens }) => tokens.length);
  const ended = rollouts.filter(({ finish }) => finish !== "length").map(({ tokens }) => tokens.length);
  const flat = (rewards: readonly (number | null)[]) => sampleStd(scored(rewards)) === 0;
  const flatGroups = groups.filter((group) => flat(group.map(({ reward }) => reward))).length / groups.length;
  return {
    ...(rewards.length > 0 ? { reward: mean(rewards), reward_std: sampleStd(rewards) } : {}),
    ...(outcomes.length > 0 ? { "reward/outcome/mean": mean(outcomes) } : {}),
    frac_reward_zero_std: over === "group" ? flatGroups : Number(flat(rewards)),
    "completions/mean_length": mean(lengths),
    "completions/min_length": least(lengths),
    "completions/max_length": most(lengths),
    "completions/mean_terminated_length": ended.length === 0 ? 0 : mean(ended),
    "completions/min_terminated_length": ended.length === 0 ? 0 : least(ended),
    "completions/max_terminated_length": ended.length === 0 ? 0 : most(ended),
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

/** What a loss hands back at each token and under which names its mean stands in the metrics. */
const MEANS: Record<string, string> = {
  clip_low: "clip_ratio/low_mean",
  clip_high: "clip_ratio/high_mean",
  clip_delta: "clip_ratio/delta_mean",
  cispo_clip: "cispo_clip_ratio",
  distance: "approx_kl_abs",
  phi: "vespo/phi_seq_mean",
};

/**
 * What the updates of a step found at the tokens that they learned from [S], of all updates together: means over tokens, but over
 * completions for what a loss knows of a completion only. Nothing where nothing was learned.
 */
export function updateMetrics(all: readonly LearnedSequence[], stage: GrpoStage): Record<string, number> {
  const sequences = all.filter(({ fields }) => fields.mask!.includes(1));
  if (sequences.length === 0) return {};
  const perSequence = (of: (sequence: LearnedSequence) => ArrayLike<number>) =>
    sequences.map((sequence) => {
      const values = of(sequence);
      return Array.from(sequence.fields.mask!, (on, t) => (on === 0 ? [] : [values[t]!])).flat();
    });
  const tokenMean = (of: (sequence: LearnedSequence) => ArrayLike<number>) => mean(perSequence(of).flat());
  const out: Record<string, number> = {
    entropy: tokenMean(({ values }) => values.entropies!),
    ratio: tokenMean(({ values, rollout }) => values.logprobs!.map((lp, t) => Math.exp(lp - rollout.old[t]!))),
    approx_kl: tokenMean(({ values, rollout }) => values.logprobs!.map((lp, t) => rollout.old[t]! - lp)),
  };
  if (sequences[0]!.values.kl !== undefined) out.kl = tokenMean(({ values }) => values.kl!);
  const found = Object.keys(sequences[0]!.values);
  for (const [name, metric] of Object.entries(MEANS)) {
    if (!found.includes(name)) continue;
    const own = perSequence(({ values }) => values[name]!);
    const bySequence = name === "phi" || stage.ratio === "sequence" || stage.ratio === "product";
    out[metric] = bySequence ? mean(own.map(mean)) : mean(own.flat());
    if (name === "clip_low") out["clip_ratio/low_min"] = least(own.map(mean));
    if (name === "clip_high") out["clip_ratio/high_max"] = most(own.map(mean));
  }
  if (found.includes("clip_low") || found.includes("clip_high")) {
    out["clip_ratio/region_mean"] = (out["clip_ratio/low_mean"] ?? 0) + (out["clip_ratio/high_mean"] ?? 0);
  }
  return out;
}

/** The entropy bonus that was subtracted from an update's loss. */
export function entropyBonus(sequences: readonly LearnedSequence[]): number {
  return sequences.reduce(
    (sum, { fields, values }) => values.entropies!.reduce((own, entropy, t) => own + entropy * (fields.entropyWeights?.[t] ?? 0), sum),
    0,
  );
}

const least = (values: readonly number[]): number => values.reduce((out, value) => Math.min(out, value), Infinity);
const most = (values: readonly number[]): number => values.reduce((out, value) => Math.max(out, value), -Infinity);
