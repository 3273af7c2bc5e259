import { aggregationWeights } from "./aggregation/weights.ts";
import { importanceWeights } from "./corrections/importance.ts";
import { rejected } from "./corrections/reject.ts";
import { highEntropy, onPolicy } from "./filters/tokens.ts";
import { policyLosses } from "./losses/index.ts";
import type { PreparedUpdate } from "./losses/policy.ts";
import { hasEntropyBonus, hasKlTerm } from "./losses/spec.ts";
import type { GrpoStage } from "./options.ts";

/** A completion that an update learns from: arrays [T], nats. */
export interface LearnedRollout {
  tokens: Int32Array;
  /** 1 for the tokens that enter the loss */
  mask: Float32Array;
  /** the number of the turn that each token is in */
  turns: Float32Array;
  advantages: Float32Array;
  /** logprobs by the sampler, by the policy before the first update of the step, and by the reference policy */
  sampled: Float32Array;
  old: Float32Array;
  /** entropies of the old policy; null where its logprobs are the sampler's */
  oldEntropies: Float32Array | null;
  reference: Float32Array | null;
  /** whether it is among those that are averaged over; not so where it could not be scored */
  counted: boolean;
}

/** The policy as it is now, where fields depend on it. */
export interface CurrentPolicy {
  logprobs: Float32Array[];
  entropies: Float32Array[];
}

/** Weights of the terms beside the policy term, which may change from update to update. */
export interface Coefficients {
  kl: number;
  entropy: number;
}

/** Whether a stage's fields depend on the policy as it is at an update, which takes a forward pass before it. */
export function needsCurrent({ top_entropy, off_policy_threshold, loss }: GrpoStage): boolean {
  return top_entropy < 1 || off_policy_threshold !== null || policyLosses.get(loss).prepare !== undefined;
}

const product = (...factors: (Float32Array | number)[]): Float32Array => {
  const length = factors.find((factor) => typeof factor !== "number")!.length;
  return Float32Array.from({ length }, (_, t) => factors.reduce<number>((out, f) => out * (typeof f === "number" ? f : f[t]!), 1));
};

/**
 * What the loss reads of each completion of one update [S], by name, arrays [T]. Everything that depends on more than one completion is
 * settled here, so that the sum over micro-batches is the same however the update is split:
 *
 *   mask            tokens of the loss, without those that the sampler was too wrong about
 *   weights         mask * aggregation * off-policy mask * entropy mask * importance weight
 *   klWeights       mask * aggregation * kl coefficient
 *   entropyWeights  entropy coefficient * mask * entropy mask / tokens, or * aggregation
 */
export async function updateFields(
  rollouts: readonly LearnedRollout[],
  current: CurrentPolicy | null,
  stage: GrpoStage,
  coefficients: Coefficients,
  { seed, behind }: Omit<PreparedUpdate, "sequences">,
): Promise<Record<string, Float32Array>[]> {
  const loss = policyLosses.get(stage.loss);
  const corrections = importanceWeights(rollouts, stage);
  const masks = rejected(rollouts, stage.reject);
  const sequences = rollouts.map((rollout, i) => ({ ...rollout, mask: masks[i]! }));
  const present = sequences.map((sequence, i) => ({
    ...sequence,
    logprobs: current?.logprobs[i] ?? sequence.old,
    entropies: current?.entropies[i] ?? sequence.old,
  }));
  const entropyKept = stage.top_entropy < 1 ? highEntropy(present, stage.top_entropy) : masks;
  const near = stage.off_policy_threshold === null ? masks : onPolicy(present, stage.off_policy_threshold);
  const prepared = (await loss.prepare?.({ sequences: present, seed, behind }, stage)) ?? {};
  const lengths = masks.map((mask) => mask.reduce((sum, on) => sum + on, 0));
  const aggregate = countedWeights(sequences, lengths, stage);
  const bonusTokens = entropyKept.reduce((sum, kept) => kept.reduce((own, on) => own + on, sum), 0);
  return sequences.map((sequence, i) => {
    const mask = masks[i]!;
    const correction = corrections[i]!;
    const entropyWeight = stage.entropy_aggregation === "loss" ? aggregate[i]! : 1 / Math.max(1, bonusTokens);
    return {
      mask,
      weights: product(mask, near[i]!, entropyKept[i]!, loss.ownCorrection ? 1 : correction, aggregate[i]!),
      turns: sequence.turns,
      advantages: sequence.advantages,
      oldLogprobs: sequence.old,
      ...(loss.ownCorrection ? { correction } : {}),
      ...(hasKlTerm(stage) ? { klWeights: product(mask, coefficients.kl * aggregate[i]!), refLogprobs: sequence.reference! } : {}),
      ...(hasEntropyBonus(stage) ? { entropyWeights: product(entropyKept[i]!, mask, coefficients.entropy * entropyWeight) } : {}),
      ...Object.fromEntries(Object.entries(prepared).map(([name, values]) => [name, values[i]!])),
    };
  });
}

/** Aggregation weights of the completions that are counted; 0 for the others. */
function countedWeights(sequences: readonly LearnedRollout[], lengths: readonly number[], stage: GrpoStage): number[] {
  const counted = [...sequences.keys()].filter((i) => sequences[i]!.counted);
  const weights = aggregationWeights(
    counted.map((i) => lengths[i]!),
    { aggregation: stage.aggregation, length: stage.aggregation_length ?? stage.sampling.max_new_tokens, count_masked: stage.count_masked },
  );
  const out = sequences.map(() => 0);
  counted.forEach((i, k) => {
    out[i] = weights[k]!;
  });
  return out;
}
