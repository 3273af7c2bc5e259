import { mean, sampleStd } from "../advantages/define.ts";
import { gaps, importanceWeights, LARGEST, type Mismatch, ratios } from "./importance.ts";
import type { CorrectionOptions } from "./options.ts";

const meanOf = <T>(values: readonly T[], of: (value: T) => number): number => mean(values.map(of));
const clamped = (x: number): number => Math.max(-LARGEST, Math.min(LARGEST, x));

/**
 * How far the trainer's logprobs are from the sampler's over the completions that are learned from. Means over tokens, or over completions
 * where a perplexity or `seq` is named. TRL's `sampling/` names and verl's `rollout_corr/` names with their definitions.
 */
export function mismatchMetrics(all: readonly Mismatch[]): Record<string, number> {
  const sequences = all.filter(({ mask }) => mask.includes(1));
  if (sequences.length === 0) return {};
  const own = sequences.map(gaps);
  const tokens = own.flat();
  const logprob = (of: "old" | "sampled") => sequences.map(({ mask, ...policy }) => mean([...policy[of]].filter((_, t) => mask[t] !== 0)));
  const [training, rollout] = [logprob("old"), logprob("sampled")];
  const differences = training.map((own, i) => rollout[i]! - own);
  const absolute = tokens.map(Math.abs);
  return {
    "sampling/sampling_logp_difference/mean": mean(absolute),
    "sampling/sampling_logp_difference/max": largest(absolute),
    "rollout_corr/kl": meanOf(tokens, (gap) => 0 - gap),
    "rollout_corr/k3_kl": meanOf(tokens, (gap) => Math.exp(clamped(gap)) - clamped(gap) - 1),
    "rollout_corr/training_ppl": meanOf(training, (x) => Math.exp(-x)),
    "rollout_corr/training_log_ppl": -mean(training),
    "rollout_corr/rollout_ppl": meanOf(rollout, (x) => Math.exp(-x)),
    "rollout_corr/rollout_log_ppl": -mean(rollout),
    "rollout_corr/log_ppl_diff": mean(differences),
    "rollout_corr/log_ppl_abs_diff": meanOf(differences, Math.abs),
    "rollout_corr/log_ppl_diff_max": largest(differences),
    "rollout_corr/log_ppl_diff_min": -largest(differences.map((x) => -x)),
    "rollout_corr/ppl_ratio": meanOf(differences, Math.exp),
    "rollout_corr/chi2_token": meanOf(tokens, (gap) => Math.exp(2 * clamped(gap))) - 1,
    "rollout_corr/chi2_seq": meanOf(own, (gaps) => Math.exp(2 * clamped(gaps.reduce((sum, gap) => sum + gap, 0)))) - 1,
  };
}

/** What the importance weights of an update are, over its tokens; nothing where there are none. */
export function correctionMetrics(sequences: readonly Mismatch[], options: CorrectionOptions): Record<string, number> {
  if (options.correction === "none") return {};
  const flat = (of: readonly Float32Array[]) => of.flatMap((own, i) => [...own].filter((_, t) => sequences[i]!.mask[t] !== 0));
  const weights = flat(importanceWeights(sequences, options));
  if (weights.length === 0) return {};
  const raw = flat(ratios(sequences, options.correction_level));
  const average = mean(weights);
  const [low, high] = [options.correction_low ?? 0, options.correction_high];
  return {
    "sampling/importance_sampling_ratio/min": -largest(weights.map((x) => -x)),
    "sampling/importance_sampling_ratio/mean": average,
    "sampling/importance_sampling_ratio/max": largest(weights),
    "rollout_corr/rollout_is_std": sampleStd(weights),
    "rollout_corr/rollout_is_eff_sample_size": average === 0 ? 0 : 1 / meanOf(weights, (x) => (x / average) ** 2),
    "rollout_corr/rollout_is_oob_ratio": meanOf(raw, (ratio) => (ratio < low || ratio > high ? 1 : 0)),
  };
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}
