import { type AdvantageDefinition, type AdvantageOptions, spread } from "./define.ts";
import { groupRelative, standings } from "./relative.ts";

const SCALE = ["scale_rewards", "std", "std_epsilon"] as const;

/** `(r - mean of its group) / (std + 0.0001)` */
export function relativeFormula(what: string, { scale_rewards, std, std_epsilon }: AdvantageOptions): string {
  if (scale_rewards === "none") return what;
  return `(${what}) / (${std} std of the ${scale_rewards} + ${std_epsilon})`;
}

/** Every token of a completion gets the completion's group-relative reward. */
export const groupMean: AdvantageDefinition = {
  name: "group_mean",
  reads: SCALE,
  formula: (options) => relativeFormula("r - mean of the group", options),
  silent: "the rewards of the group are equal",
  source: "GRPO (arXiv:2402.03300); without a deviation Dr. GRPO (arXiv:2503.20783)",
  estimate: (groups, options) => spread(groups, groupRelative(standings(groups), options)),
};

/**
 * As group_mean, and the tokens of a judged step get on top of it that step's own score relative to the same step of their siblings: a digit
 * that was read wrongly is blamed more than the boxes around it. Where several rewards judge a token, all are added.
 * Source: process supervision of GRPO, DeepSeekMath (arXiv:2402.03300, 4.1.3), with credit for the step's own tokens only.
 */
export const groupSteps: AdvantageDefinition = {
  name: "group_steps",
  reads: SCALE,
  formula: (options) => `${groupMean.formula(options)}, and for the tokens of a judged step the same of its score among siblings`,
  silent: "the rewards of the group and the scores of the step are equal",
  source: "process supervision of GRPO (arXiv:2402.03300, 4.1.3), for the step's own tokens",
  estimate(groups, options) {
    const advantages = groupMean.estimate(groups, options);
    groups.forEach((group, g) => {
      for (const name of new Set(group.flatMap(({ steps }) => steps.map(({ step }) => step)))) {
        const own = group.map(({ reward, steps }) => (reward === null ? undefined : steps.find(({ step }) => step === name)));
        const standing = own.map((step, i) => ({ score: step?.score ?? null, compared: group[i]!.compared }));
        const relative = groupRelative([standing], options)[0]!;
        own.forEach((step, i) => {
          for (let t = step?.start ?? 0; t < (step?.end ?? 0); t++) advantages[g]![i]![t]! += relative[i]!;
        });
      }
    });
    return advantages;
  },
};
