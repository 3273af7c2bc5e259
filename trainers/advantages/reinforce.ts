import { type AdvantageDefinition, type Judged, spread } from "./define.ts";
import { discountedReturns } from "./gae.ts";
import { groupRelative, standings } from "./relative.ts";
import { whiten } from "./whiten.ts";

/** Advantages [P][G][T] whitened over all tokens of rollouts with a reward; the others stay 0. */
export function whitened(groups: readonly (readonly Judged[])[], advantages: readonly (readonly Float32Array[])[]): Float32Array[][] {
  const masks = groups.flatMap((group) => group.map(({ reward, mask }) => (reward === null ? mask.map(() => 0) : mask)));
  const flat = whiten(advantages.flat(), masks);
  let next = 0;
  return groups.map((group) => group.map(() => flat[next++]!));
}

/** What a rollout's tokens are paid: their own, and the reward at the last token of mask 1. */
export function paid({ reward, tokenRewards, mask }: Judged): Float32Array {
  const rewards = tokenRewards?.slice() ?? new Float32Array(mask.length);
  const last = mask.lastIndexOf(1);
  if (last >= 0) rewards[last]! += reward ?? 0;
  return rewards;
}

/**
 * No group: what each token will still be paid, whitened over the batch. Source: REINFORCE++ (arXiv:2501.03262), as in verl.
 */
export const reinforcePlusPlus: AdvantageDefinition = {
  name: "reinforce_plus_plus",
  reads: ["gamma"],
  formula: ({ gamma }) => `the return of the token (gamma ${gamma}), whitened over the tokens of the batch`,
  silent: "the rewards of the batch are equal",
  source: "REINFORCE++ (arXiv:2501.03262), as in verl",
  estimate: (groups, { gamma }) =>
    whitened(
      groups,
      groups.map((group) => group.map((judged) => discountedReturns(paid(judged), judged.mask, gamma))),
    ),
};

/** The reward less its group's mean, whitened over the tokens of the batch. Source: REINFORCE++ (arXiv:2501.03262), as in verl. */
export const reinforcePlusPlusBaseline: AdvantageDefinition = {
  name: "reinforce_plus_plus_baseline",
  reads: [],
  formula: () => "r - mean of the group, whitened over the tokens of the batch",
  silent: "the rewards of every group are equal",
  source: "REINFORCE++ with a baseline (arXiv:2501.03262), as in verl",
  estimate: (groups) =>
    whitened(groups, spread(groups, groupRelative(standings(groups), { scale_rewards: "none", std: "sample", std_epsilon: 0 }))),
};
