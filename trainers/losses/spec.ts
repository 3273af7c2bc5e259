import type { GrpoStage } from "../options.ts";
import type { LossOptions } from "./define.ts";
import { LossFields } from "./options.ts";
import type { TermOptions } from "./policy.ts";

/** Whether the divergence to the reference policy is a term of the stage's loss. */
export const hasKlTerm = ({ kl_coef, kl_in }: GrpoStage): boolean => kl_coef > 0 && kl_in === "loss";

/** Whether an entropy bonus may be. */
export const hasEntropyBonus = ({ entropy_coef, entropy_target }: GrpoStage): boolean => entropy_coef > 0 || entropy_target !== null;

/** What the engine is told of a stage's loss. Coefficients are not among it: they come with the weights, so that they may change. */
export function lossOptions(stage: GrpoStage): LossOptions {
  const terms: TermOptions = {
    ...LossFields.parse(stage),
    kl_estimator: hasKlTerm(stage) ? stage.kl_estimator : null,
    kl_limit: stage.kl_limit,
    kl_bias_correction: stage.kl_bias_correction,
    entropy_bonus: hasEntropyBonus(stage),
  };
  return { ...terms };
}
