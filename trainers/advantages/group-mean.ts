import { type AdvantageDefinition, type AdvantageOptions, type Judged, mean, sampleStd, scored } from "./define.ts";

/** Added to the standard deviation, so that a group of nearly equal rewards is not blown up. TRL's value. */
const EPSILON = 1e-4;

/**
 * The reward less its group's mean, divided by a standard deviation (ddof 1) plus 1e-4: the group's, the whole batch's, or not at all.
 * [P][G]; 0 for a reward of null. Source: GRPO, DeepSeekMath (arXiv:2402.03300); `none` as in Dr. GRPO (arXiv:2503.20783).
 */
export function groupRelative(
  rewards: readonly (readonly (number | null)[])[],
  { scale_rewards: scale }: Pick<AdvantageOptions, "scale_rewards">,
): number[][] {
  const batch = sampleStd(rewards.flatMap(scored));
  return rewards.map((group) => {
    const known = scored(group);
    const centre = known.length === 0 ? 0 : mean(known);
    const divisor = scale === "none" ? 1 : (scale === "batch" ? batch : sampleStd(known)) + EPSILON;
    return group.map((reward) => (reward === null ? 0 : (reward - centre) / divisor));
  });
}

const rewardsOf = (groups: readonly (readonly Judged[])[]) => groups.map((group) => group.map(({ reward }) => reward));

/** Every token of a completion gets the completion's group-relative reward. */
export const groupMean: AdvantageDefinition = {
  name: "group_mean",
  estimate(groups, options) {
    const relative = groupRelative(rewardsOf(groups), options);
    return groups.map((group, g) => group.map(({ tokens }, i) => new Float32Array(tokens).fill(relative[g]![i]!)));
  },
};

/**
 * As group_mean, and the tokens of a judged step get on top of it that step's own score relative to the same step of their siblings: a digit
 * that was read wrongly is blamed more than the boxes around it. Where several rewards judge a token, all are added.
 * Source: process supervision of GRPO, DeepSeekMath (arXiv:2402.03300, 4.1.3), with credit for the step's own tokens only.
 */
export const groupSteps: AdvantageDefinition = {
  name: "group_steps",
  estimate(groups, options) {
    const advantages = groupMean.estimate(groups, options);
    groups.forEach((group, g) => {
      for (const name of new Set(group.flatMap(({ steps }) => steps.map(({ step }) => step)))) {
        const own = group.map(({ reward, steps }) => (reward === null ? undefined : steps.find(({ step }) => step === name)));
        const relative = groupRelative([own.map((step) => step?.score ?? null)], options)[0]!;
        own.forEach((step, i) => {
          for (let t = step?.start ?? 0; t < (step?.end ?? 0); t++) advantages[g]![i]![t]! += relative[i]!;
        });
      }
    });
    return advantages;
  },
};
