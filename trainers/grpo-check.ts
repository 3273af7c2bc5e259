import { UserError } from "../core/errors.ts";
import { mean } from "./advantages/define.ts";
import type { Mismatch } from "./corrections/importance.ts";
import { correctionMetrics, mismatchMetrics } from "./corrections/mismatch.ts";
import type { LearnedGroup, LearnedSequence } from "./grpo-update.ts";
import type { GrpoStage } from "./options.ts";
import type { StageContext } from "./runner.ts";

/** Sampler and trainer of the first update's completions, whose policy is the one that sampled unless that was behind. */
const asTrained = (sequences: readonly LearnedSequence[]): Mismatch[] =>
  sequences.map(({ rollout, values }) => ({ mask: rollout.mask, old: values.logprobs!, sampled: rollout.sampled }));

/**
 * How far apart sampler and trainer are, by arithmetic and by the steps that the sampler was behind: over the whole step where the old
 * logprobs were recomputed, else over the first update's part, whose logprobs come with its gradient.
 */
export function mismatchOf(groups: readonly LearnedGroup[], first: readonly LearnedSequence[], stage: GrpoStage): Record<string, number> {
  if (stage.old_logprobs === "sampled") return mismatchMetrics(asTrained(first));
  const rollouts = groups.flatMap((group) => group.rollouts);
  return { ...mismatchMetrics(rollouts), ...correctionMetrics(rollouts, stage) };
}

/** How far the mean ratio may be from 1: float32 logprobs of the same distribution, by two graphs. */
const TOLERANCE = 1e-5;

/** Whether the sampler drew from the distribution whose logprobs the trainer takes. */
function comparable({ sampling }: GrpoStage, noisy: boolean): boolean {
  const { temperature, top_k, top_p, min_p } = sampling;
  return temperature > 0 && top_k === 0 && top_p === 1 && min_p === 0 && !noisy;
}

/**
 * The first update of a step is by the policy that sampled: its mean ratio trainer / sampler is 1, or something is wrong with prompts,
 * positions, weights or arithmetic. `behind`: the optimizer steps since each rollout was sampled; another policy is expected where there were
 * any. Filters of the sampler and dropout make it another distribution, and then nothing is checked.
 * Throws UserError where the stage says so.
 */
export function assertOnPolicy(
  first: readonly LearnedSequence[],
  stage: GrpoStage,
  { stage: name, noisy, warn }: StageContext,
  step: number,
  behind: readonly number[],
): void {
  if (stage.ratio_check === "off" || !comparable(stage, noisy) || behind.some((steps) => steps > 0)) return;
  const ratios = asTrained(first).flatMap(({ mask, old, sampled }) =>
    [...old].flatMap((logprob, t) => (mask[t] === 0 ? [] : [Math.exp(logprob - sampled[t]!)])),
  );
  if (ratios.length === 0 || Math.abs(mean(ratios) - 1) <= TOLERANCE) return;
  const message = `step ${step + 1}: the policy that is trained is not the one that sampled: mean ratio ${mean(ratios)}`;
  if (stage.ratio_check === "warn") {
    warn(message);
    return;
  }
  throw new UserError({
    place: { file: "recipe" },
    field: `stages.${name}.ratio_check`,
    message,
    cure: "Let ratio_check be warn to go on; old_logprobs: recomputed and a correction account for the gap.",
  });
}
