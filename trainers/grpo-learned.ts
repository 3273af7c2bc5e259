import { deriveSeed } from "../core/random.ts";
import type { Engine } from "../engines/engine.ts";
import type { StoredRollout } from "../rollouts/schema.ts";
import { mean } from "./advantages/define.ts";
import { policyMask, turnsOf } from "./credit.ts";
import type { ScoredGroup } from "./grpo-sample.ts";
import { type LearnedGroup, policyAt } from "./grpo-update.ts";
import { klValue } from "./kl/estimators.ts";
import type { GrpoStage } from "./options.ts";

/** A rollout that could not be scored is recorded, but nothing is learned from it. */
const isScored = ({ reward }: StoredRollout): boolean => reward !== null;

/** The groups of a step as updates learn from them: which tokens enter the loss, and the sampler's logprobs. Advantages are still 0. */
export function learnedGroups(groups: readonly ScoredGroup[], { mask_truncated }: GrpoStage, seed: number): LearnedGroup[] {
  return groups.map(({ prompt, rollouts }) => ({
    prompt,
    noiseSeed: deriveSeed(seed, "dropout", rollouts[0]!.exampleId),
    rollouts: rollouts.map((rollout) => {
      const { tokens, logprobs, roles, finish } = rollout;
      const masked = !isScored(rollout) || (mask_truncated && finish === "length");
      return {
        tokens,
        mask: masked ? new Float32Array(tokens.length) : policyMask(roles),
        turns: turnsOf(roles),
        advantages: new Float32Array(tokens.length),
        sampled: logprobs,
        old: logprobs,
        oldEntropies: null,
        reference: null,
        counted: isScored(rollout),
      };
    }),
  }));
}

/** Fills in what other policies say of the completions: the old one where it is to be recomputed, the reference where there is a penalty. */
export async function lookUpPolicies(
  engine: Pick<Engine, "logprobs">,
  groups: readonly LearnedGroup[],
  stage: GrpoStage,
  snapshot: string,
): Promise<void> {
  const rollouts = groups.flatMap((group) => group.rollouts);
  if (rollouts.length === 0) return;
  if (stage.old_logprobs === "recomputed") {
    const { logprobs, entropies } = await policyAt(engine, groups, stage, "current");
    for (const [i, rollout] of rollouts.entries()) Object.assign(rollout, { old: logprobs[i]!, oldEntropies: entropies[i]! });
  }
  if (stage.kl_coef > 0) {
    const { logprobs } = await policyAt(engine, groups, stage, stage.reference === "base" ? "base" : snapshot);
    for (const [i, rollout] of rollouts.entries()) rollout.reference = logprobs[i]!;
  }
}

/** The divergence of the old policy from the reference at each token, [P][G][T]; null where it is no part of the reward. */
function rewardKl(groups: readonly LearnedGroup[], { kl_coef, kl_in, kl_estimator, kl_limit }: GrpoStage): Float32Array[][] | null {
  if (kl_coef === 0 || kl_in !== "reward") return null;
  return groups.map(({ rollouts }) =>
    rollouts.map(({ old, reference }) => old.map((logprob, t) => klValue(kl_estimator, reference![t]! - logprob, kl_limit))),
  );
}

/** What each token is paid where the penalty is taken from the reward, [P][G][T]. Source: as in verl, and in TRL's RLOO. */
export function klPenalties(groups: readonly LearnedGroup[], stage: GrpoStage, coefficient: number): Float32Array[][] | null {
  return rewardKl(groups, stage)?.map((group) => group.map((own) => own.map((kl) => -coefficient * kl))) ?? null;
}

/** Its mean over the tokens that are learned from; undefined where it is no part of the reward. */
export function klInReward(groups: readonly LearnedGroup[], stage: GrpoStage): number | undefined {
  const all = rewardKl(groups, stage);
  if (all === null) return undefined;
  const own = all.flatMap((group, g) => group.flatMap((values, i) => [...values].filter((_, t) => groups[g]!.rollouts[i]!.mask[t] !== 0)));
  return own.length === 0 ? undefined : mean(own);
}
