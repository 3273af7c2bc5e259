import { type AdvantageDefinition, mean, sampleStd, scored } from "./define.ts";

/** Added to the standard deviation, so that a group of nearly equal rewards is not blown up. TRL's value. */
const EPSILON = 1e-4;

/**
 * The reward less its group's mean, divided by a standard deviation (ddof 1) plus 1e-4: the group's, the whole batch's, or not at all.
 * Source: GRPO, DeepSeekMath (arXiv:2402.03300); `none` as in Dr. GRPO (arXiv:2503.20783).
 */
export const groupMean: AdvantageDefinition = {
  name: "group_mean",
  estimate(rewards, { scale }) {
    const batch = sampleStd(rewards.flatMap(scored));
    return rewards.map((group) => {
      const known = scored(group);
      const centre = known.length === 0 ? 0 : mean(known);
      const divisor = scale === "none" ? 1 : (scale === "batch" ? batch : sampleStd(known)) + EPSILON;
      return group.map((reward) => (reward === null ? 0 : (reward - centre) / divisor));
    });
  },
};
