import { type AdvantageDefinition, scored, spread } from "./define.ts";
import { relativeFormula } from "./group-mean.ts";
import { divided, divisors, groupRelative, leaveOneOut, standings } from "./relative.ts";

const SCALE = ["scale_rewards", "std", "std_epsilon"] as const;

/**
 * The reward less the mean of the others. With scale_rewards the differences are divided by their own standard deviation (TRL's
 * normalize_advantages is `batch`). Source: RLOO (arXiv:2402.14740), as in TRL and verl.
 */
export const rloo: AdvantageDefinition = {
  name: "rloo",
  reads: SCALE,
  defaults: { scale_rewards: "none" },
  formula: (options) => relativeFormula("r - mean of the others in the group", options),
  silent: "the rewards of the group are equal",
  source: "RLOO (arXiv:2402.14740)",
  estimate(groups, options) {
    const differences = leaveOneOut(standings(groups));
    if (options.scale_rewards === "none") return spread(groups, differences);
    const judged = groups.map((group, g) =>
      group.map(({ reward, compared }, i) => ({ score: reward === null ? null : differences[g]![i]!, compared })),
    );
    return spread(groups, groupRelative(judged, options));
  },
};

/**
 * The reward less the mean weighted by lengths, which has the least variance where a completion's gradient grows with its length.
 * Source: OPO (arXiv:2505.23585), as in verl.
 */
export const opo: AdvantageDefinition = {
  name: "opo",
  reads: [],
  formula: () => "r - (sum of length * r) / (sum of lengths) of the group",
  silent: "the rewards of the group are equal",
  source: "OPO (arXiv:2505.23585)",
  estimate(groups) {
    const values = standings(groups).map((group, g) => {
      const lengths = groups[g]!.map(({ mask }) => mask.reduce((sum, on) => sum + (on === 0 ? 0 : 1), 0));
      let [weighted, total] = [0, 0];
      group.forEach(({ score, compared }, i) => {
        if (score === null || !compared) return;
        weighted += lengths[i]! * score;
        total += lengths[i]!;
      });
      return group.map(({ score }) => (score === null || total === 0 ? 0 : score - weighted / total));
    });
    return spread(groups, values);
  },
};

/**
 * Only the best completion of a group learns, by how much it beats the second best: what raises the chance that one of several is right.
 * Of equals the first is the best. Source: pass@k training (arXiv:2503.19595), as verl's grpo_passk.
 */
export const passK: AdvantageDefinition = {
  name: "pass_k",
  reads: SCALE,
  formula: (options) => `for the best of the group ${relativeFormula("r - the second best", options)}, for the others 0`,
  silent: "the two best rewards of the group are equal",
  source: "pass@k training (arXiv:2503.19595): verl's grpo_passk",
  estimate(groups, options) {
    const standing = standings(groups);
    const by = divisors(standing, options);
    const values = standing.map((group, g) => {
      const [first, second] = scored(group.map(({ score }) => score)).sort((a, b) => b - a);
      if (first === undefined || second === undefined) return group.map(() => 0);
      const best = group.findIndex(({ score }) => score === first);
      return group.map((_, i) => (i === best ? divided(first - second, by[g]!) : 0));
    });
    return spread(groups, values);
  },
};

/**
 * The reward less its group's mean, times how many completions there are for each with a reward that is not 0, so that groups without a signal
 * do not shrink the step. Source: GPG (arXiv:2504.02546), as in verl.
 */
export const gpgAdvantage: AdvantageDefinition = {
  name: "gpg",
  reads: [],
  formula: () => "(r - mean of the group) * completions / completions with a reward other than 0",
  silent: "the rewards of the group are equal",
  source: "GPG (arXiv:2504.02546), as in verl",
  estimate(groups) {
    const standing = standings(groups);
    const all = scored(standing.flat().map(({ score }) => score));
    const factor = all.length / Math.max(1, all.filter((score) => score !== 0).length);
    const relative = groupRelative(standing, { scale_rewards: "none", std: "sample", std_epsilon: 0 });
    return spread(
      groups,
      relative.map((group) => group.map((value) => value * factor)),
    );
  },
};
