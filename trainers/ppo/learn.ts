import type { Engine, TrainRow } from "../../engines/engine.ts";
import { gae } from "../advantages/gae.ts";
import { whiten } from "../advantages/whiten.ts";
import { policyOfReference } from "../reference.ts";
import type { PpoStage } from "./options.ts";

/** A rollout as a step learns from it; per-token arrays [T]. */
export interface LearnedRollout {
  row: TrainRow;
  id: string;
  /** 1 for tokens that the policy chose; all 0 where the rollout could not be scored */
  mask: Float32Array;
  /** under the policy that sampled, and under the reference (null without one) */
  oldLogprobs: Float32Array;
  refLogprobs: Float32Array | null;
  /** of the critic before the step's updates */
  oldValues: Float32Array;
  /** of the whole completion; null where it could not be scored */
  reward: number | null;
  advantages: Float32Array;
  returns: Float32Array;
}

/** What is known of a rollout before the critic and the reference are asked. */
export type Sampled = Pick<LearnedRollout, "row" | "id" | "mask" | "oldLogprobs" | "reward">;

/**
 * What each token is paid, [T]: minus kl_coef times its log-ratio to the reference, the last token of the policy's own the reward besides.
 * Source: the KL in the reward of InstructGPT (arXiv:2203.02155), as in TRL's PPO with its estimator k1.
 */
export function tokenRewards(
  { mask, oldLogprobs, refLogprobs, reward }: Pick<LearnedRollout, "mask" | "oldLogprobs" | "refLogprobs" | "reward">,
  klCoef: number,
): Float32Array {
  const rewards = mask.map((one, t) => (refLogprobs === null ? 0 : -klCoef * (oldLogprobs[t]! - refLogprobs[t]!) * one));
  const last = mask.lastIndexOf(1);
  if (last >= 0) rewards[last]! += reward ?? 0;
  return rewards;
}

/** Asks the critic and the reference, and works out every token's advantage and return. */
export async function learnedRollouts(
  engine: Pick<Engine, "values" | "logprobs">,
  sampled: readonly Sampled[],
  stage: Pick<PpoStage, "gamma" | "lambda" | "whiten" | "kl_coef" | "reference">,
  temperature: number,
): Promise<LearnedRollout[]> {
  const rows = sampled.map(({ row }) => row);
  const values = await engine.values(rows);
  const reference =
    stage.kl_coef === 0 ? null : (await engine.logprobs(rows, { temperature, policy: policyOfReference(stage.reference) })).logprobs;
  const learned = sampled.map((rollout, i): LearnedRollout => {
    const oldValues = values[i]![0]!;
    const refLogprobs = reference === null ? null : reference[i]![0]!;
    const rewards = tokenRewards({ ...rollout, refLogprobs }, stage.kl_coef);
    return { ...rollout, oldValues, refLogprobs, ...gae({ rewards, values: oldValues, mask: rollout.mask }, stage) };
  });
  if (!stage.whiten) return learned;
  const white = whiten(
    learned.map(({ advantages }) => advantages),
    learned.map(({ mask }) => mask),
  );
  return learned.map((rollout, i) => ({ ...rollout, advantages: white[i]! }));
}

/** Rollouts as rows of an update: the loss is a mean over their learned tokens, `coef` times the value loss beside it. */
export function updateRows(rollouts: readonly LearnedRollout[], coef: number): TrainRow[] {
  const total = rollouts.reduce((sum, { mask }) => mask.reduce((own, one) => own + one, sum), 0);
  return rollouts.map(({ row, mask, advantages, oldLogprobs, oldValues, returns }) => {
    const weights = mask.map((one) => one / Math.max(1, total));
    const fields = { mask, weights, valueWeights: weights.map((weight) => coef * weight), advantages, oldLogprobs, oldValues, returns };
    return { ...row, completions: row.completions.map(({ tokens }) => ({ tokens, fields })) };
  });
}
