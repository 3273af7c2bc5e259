import { type AdvantageOptions, type Judged, mean, scored, standardDeviation, totalOf } from "./define.ts";

type Scale = Pick<AdvantageOptions, "scale_rewards" | "std" | "std_epsilon">;

/** A rollout's score as its siblings are compared by it. */
export interface Standing {
  /** null where there is none: it enters no statistics and gets 0 */
  score: number | null;
  /** whether it enters the statistics */
  compared: boolean;
}

export const standings = (groups: readonly (readonly Judged[])[]): Standing[][] =>
  groups.map((group) => group.map((judged) => ({ score: totalOf(judged), compared: judged.compared })));

const known = (group: readonly Standing[]): number[] => scored(group.filter(({ compared }) => compared).map(({ score }) => score));

/** What the scores of each group are divided by. */
export function divisors(groups: readonly (readonly Standing[])[], { scale_rewards, std, std_epsilon }: Scale): number[] {
  const ddof = std === "sample" ? 1 : 0;
  const batch = standardDeviation(groups.flatMap(known), ddof);
  return groups.map((group) => {
    if (scale_rewards === "none") return 1;
    return (scale_rewards === "batch" ? batch : standardDeviation(known(group), ddof)) + std_epsilon;
  });
}

/**
 * The score less its group's mean, divided by a standard deviation and an epsilon: the group's, the whole batch's, or not at all. [P][G]; 0
 * for a score of null. Source: GRPO, DeepSeekMath (arXiv:2402.03300); `none` as in Dr. GRPO (arXiv:2503.20783).
 */
export function groupRelative(groups: readonly (readonly Standing[])[], scale: Scale): number[][] {
  const by = divisors(groups, scale);
  return groups.map((group, g) => {
    const own = known(group);
    const centre = own.length === 0 ? 0 : mean(own);
    return group.map(({ score }) => (score === null || own.length === 0 ? 0 : divided(score - centre, by[g]!)));
  });
}

/** Where nothing differs there is nothing to divide, whatever the epsilon. */
export const divided = (difference: number, divisor: number): number => (difference === 0 ? 0 : difference / divisor);

/**
 * Each score less the mean of its compared siblings without itself, undivided; the score itself where it has none. [P][G]
 * Source: RLOO (arXiv:2402.14740).
 */
export function leaveOneOut(groups: readonly (readonly Standing[])[]): number[][] {
  return groups.map((group) => {
    const own = known(group);
    const total = own.reduce((sum, score) => sum + score, 0);
    return group.map(({ score, compared }) => {
      if (score === null) return 0;
      const others = compared ? own.length - 1 : own.length;
      return others === 0 ? score : score - (total - (compared ? score : 0)) / others;
    });
  });
}
