import { advantages } from "./advantages/index.ts";
import { advantageFields } from "./advantages/options.ts";
import { policyLosses } from "./losses/index.ts";
import { lossFields } from "./losses/options.ts";
import type { GrpoStage } from "./options.ts";

/** A field that nothing reads as the stage stands, and why. */
export interface Ignored {
  field: keyof GrpoStage;
  why: string;
}

const list = (names: readonly string[]): string => (names.length === 0 ? "none of these" : names.join(", "));

/** Fields of a grpo stage and what else must be so that they do anything. */
function conditions(stage: GrpoStage): [idle: boolean, fields: (keyof GrpoStage)[], why: string][] {
  const { kl_coef, kl_in, kl_target, entropy_coef, entropy_target, correction, old_logprobs, aggregation } = stage;
  const bonus = entropy_coef > 0 || entropy_target !== null;
  return [
    [
      kl_coef === 0,
      ["kl_in", "kl_estimator", "kl_limit", "kl_bias_correction", "kl_target", "kl_horizon", "reference"],
      "it says nothing while kl_coef is 0",
    ],
    [kl_in === "reward", ["kl_bias_correction"], "a penalty in the reward is not corrected"],
    [kl_target === null, ["kl_horizon"], "it says nothing without a kl_target"],
    [!bonus, ["entropy_aggregation"], "it says nothing while entropy_coef is 0"],
    [entropy_target === null, ["entropy_step"], "it says nothing without an entropy_target"],
    [
      correction === "none",
      ["correction_level", "correction_low", "correction_high", "correction_normalize"],
      "it says nothing while correction is none",
    ],
    [
      old_logprobs === "sampled",
      ["correction", "reject"],
      "the old logprobs are the sampler's, so that there is no gap: let old_logprobs be recomputed",
    ],
    [
      !["dr_grpo", "sequence_mean_token_sum_norm"].includes(aggregation),
      ["aggregation_length"],
      `aggregation ${aggregation} has no constant length`,
    ],
    [aggregation.startsWith("token"), ["count_masked"], `aggregation ${aggregation} does not count completions`],
  ];
}

/** What a grpo stage says and nothing would read. */
export function ignoredFields(stage: GrpoStage): Ignored[] {
  const out: Ignored[] = [];
  const loss = policyLosses.get(stage.loss);
  const advantage = advantages.get(stage.advantage);
  const usesRatio = stage.kl_coef > 0 && stage.kl_bias_correction;
  for (const field of Object.keys(lossFields) as (keyof typeof lossFields)[]) {
    if (loss.reads.includes(field) || (field === "ratio" && usesRatio)) continue;
    out.push({ field, why: `loss ${loss.name} does not read it; it reads ${list(loss.reads)}` });
  }
  for (const field of Object.keys(advantageFields) as (keyof typeof advantageFields)[]) {
    if (advantage.reads.includes(field)) continue;
    out.push({ field, why: `advantage ${advantage.name} does not read it; it reads ${list(advantage.reads)}` });
  }
  if (advantage.reads.includes("std_epsilon") && stage.scale_rewards === "none" && advantage.reads.includes("scale_rewards")) {
    for (const field of ["std", "std_epsilon"] as const) out.push({ field, why: "nothing is divided while scale_rewards is none" });
  }
  for (const [idle, fields, why] of conditions(stage)) {
    if (idle) out.push(...fields.map((field) => ({ field, why })));
  }
  if (advantage.name === "reinforce_plus_plus") out.push({ field: "compare_truncated", why: "this advantage compares no siblings" });
  return out;
}
