import type { GrpoStage } from "../options.ts";
import type { LossOptions } from "./define.ts";
import { LossFields } from "./options.ts";
import type { TermOptions } from "./policy.ts";

/** What the engine is told of a stage's loss. Coefficients are not among it: they come with the weights, so that they may change. */
export function lossOptions(stage: GrpoStage): LossOptions {
  const terms: TermOptions = {
    ...LossFields.parse(stage),
    kl_estimator: stage.kl_coef > 0 && stage.kl_in === "loss" ? stage.kl_estimator : null,
    kl_limit: stage.kl_limit,
    kl_bias_correction: stage.kl_bias_correction,
    entropy_bonus: false,
  };
  return { ...terms };
}
