import { type AdvantageDefinition, type AdvantageOptions, type Judged, mean, scored, spread, standardDeviation } from "./define.ts";
import { whitened } from "./reinforce.ts";
import { groupRelative } from "./relative.ts";

const READS = ["std", "std_epsilon"] as const;

/** Each reward by itself relative to its group, times its weight, summed: [P][G]; null where a rollout could not be scored. */
function normalisedSum(groups: readonly (readonly Judged[])[], options: AdvantageOptions): (number | null)[][] {
  return groups.map((group) => {
    const names = new Set(group.flatMap(({ parts }) => parts.map(({ name }) => name)));
    const sums: (number | null)[] = group.map(() => null);
    for (const name of names) {
      const parts = group.map(({ reward, parts }) => (reward === null ? undefined : parts.find((part) => part.name === name)));
      const standing = parts.map((part, i) => ({ score: part?.score ?? null, compared: group[i]!.compared }));
      const relative = groupRelative([standing], { ...options, scale_rewards: "group" })[0]!;
      parts.forEach((part, i) => {
        if (part?.score !== null && part !== undefined) sums[i] = (sums[i] ?? 0) + part.weight * relative[i]!;
      });
    }
    return sums;
  });
}

/**
 * Each reward is normalised within its group before they are summed, so that one of a larger spread does not drown the others; the sums are
 * normalised over the batch's completions. Source: GDPO (arXiv:2601.05242), as TRL's normalize_then_sum.
 */
export const gdpo: AdvantageDefinition = {
  name: "gdpo",
  reads: READS,
  formula: ({ std, std_epsilon }) =>
    `s = sum of weight * (reward - mean of the group) / (${std} std of the group + ${std_epsilon}), then (s - mean) / (std + ${std_epsilon}) over the batch`,
  silent: "each reward is the same for all completions of the group",
  source: "GDPO (arXiv:2601.05242): TRL's normalize_then_sum",
  estimate(groups, options) {
    const sums = normalisedSum(groups, options);
    const all = scored(sums.flat());
    const [centre, divisor] = [mean(all), standardDeviation(all, options.std === "sample" ? 1 : 0) + options.std_epsilon];
    return spread(
      groups,
      sums.map((group) => group.map((sum) => (sum === null ? 0 : (sum - centre) / divisor))),
    );
  },
};

/** The same, whitened over the tokens of the batch instead. Source: as verl's gdpo. */
export const gdpoWhitened: AdvantageDefinition = {
  name: "gdpo_whitened",
  reads: READS,
  formula: ({ std, std_epsilon }) =>
    `sum of weight * (reward - mean of the group) / (${std} std of the group + ${std_epsilon}), whitened over the tokens of the batch`,
  silent: "each reward is the same for all completions of the group",
  source: "GDPO (arXiv:2601.05242): verl's gdpo",
  estimate: (groups, options) =>
    whitened(
      groups,
      spread(
        groups,
        normalisedSum(groups, options).map((group) => group.map((sum) => sum ?? 0)),
      ),
    ),
};
