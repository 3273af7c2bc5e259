import { advantages } from "../../trainers/advantages/index.ts";
import { policyLosses } from "../../trainers/losses/index.ts";
import { GrpoStage } from "../../trainers/options.ts";
import { settledFields } from "../../trainers/presets.ts";
import type { GoldenOptions } from "./losses-schema.ts";

type Fields = Record<string, unknown>;

const VERL_LOSSES: Record<string, string> = { vanilla: "grpo", gspo: "gspo_token", cispo: "cispo_relative" };
const VERL_ADVANTAGES: Record<string, string> = { grpo: "group_mean", grpo_passk: "pass_k", gdpo: "gdpo_whitened" };

/** verl's `seq-mean-token-sum` as it is called here. */
export const aggregationName = (mode: string): string => mode.replaceAll("-", "_").replace(/^seq_/, "sequence_");

/** Each trainer's option as fields of a stage. What belongs to the case itself (mask, advantages) is none. */
const READERS: Record<string, (value: never, loss: string) => Fields> = {
  library: () => ({}),
  mask: () => ({}),
  advantages: () => ({}),
  importance_sampling_level: (ratio: string) => ({ ratio }),
  epsilon: (clip_low: number) => ({ clip_low }),
  epsilon_high: (value: number, loss) => (loss === "cispo" ? { ratio_cap: value } : { clip_high: value }),
  beta: (kl_coef: number) => ({ kl_coef }),
  loss_type: (loss: string) => ({ loss }),
  delta: (delta: number) => ({ delta }),
  max_completion_length: (aggregation_length: number) => ({ aggregation_length }),
  use_bias_correction_kl: (kl_bias_correction: boolean) => ({ kl_bias_correction }),
  importance_sampling_mode: (mode: string) => {
    const [correction_level, correction] = mode.split("_");
    return { correction_level, correction };
  },
  importance_sampling_cap: (correction_high: number) => ({ correction_high }),
  off_policy_mask_threshold: (off_policy_threshold: number) => ({ off_policy_threshold }),
  top_entropy_quantile: (top_entropy: number) => ({ top_entropy }),
  entropy_coef: (entropy_coef: number) => ({ entropy_coef }),
  sapo_temperature_pos: (tau_pos: number) => ({ tau_pos }),
  sapo_temperature_neg: (tau_neg: number) => ({ tau_neg }),
  vespo_k_pos: (vespo_k_pos: number) => ({ vespo_k_pos }),
  vespo_lambda_pos: (vespo_lambda_pos: number) => ({ vespo_lambda_pos }),
  vespo_k_neg: (vespo_k_neg: number) => ({ vespo_k_neg }),
  vespo_lambda_neg: (vespo_lambda_neg: number) => ({ vespo_lambda_neg }),
  clip_ratio_low: (clip_low: number) => ({ clip_low }),
  clip_ratio_high: (clip_high: number) => ({ clip_high }),
  // verl's gmpo has a mean of its own
  loss_agg_mode: (mode: string, loss) => (loss === "geo_mean" ? {} : { aggregation: aggregationName(mode) }),
  loss_mode: (loss: string) => ({ loss: VERL_LOSSES[loss] ?? loss }),
  clip_ratio_c: (value: number, loss) => (loss.startsWith("dppo") ? { ratio_cap: value } : { delta: value }),
  tau_pos: (tau_pos: number) => ({ tau_pos }),
  tau_neg: (tau_neg: number) => ({ tau_neg }),
  dro_beta: (dro_beta: number) => ({ dro_beta }),
  kl_cov_ratio: (cov_ratio: number) => ({ cov_ratio }),
  ppo_kl_coef: (cov_kl_coef: number) => ({ cov_kl_coef }),
  rollout_is: (correction_level: string) => ({ correction_level, correction: "truncate" }),
  rollout_is_threshold: (correction_high: number) => ({ correction_high }),
  scale_rewards: (scale_rewards: string) => ({ scale_rewards }),
  multi_objective_aggregation: (how: string) => (how === "normalize_then_sum" ? { advantage: "gdpo" } : {}),
  rewards: () => ({}),
  values: () => ({}),
  output: () => ({}),
  whitened: () => ({}),
  lam: () => ({}),
  estimator: (name: string) => ({ advantage: VERL_ADVANTAGES[name] ?? name }),
  norm_adv_by_std_in_grpo: (on: boolean) => ({ scale_rewards: on ? "group" : "none" }),
  gamma: (gamma: number) => ({ gamma }),
};

/** The stage that computes what a case of the golden file does, through the preset of its trainer. */
export function stageOf(options: GoldenOptions, more: Fields = {}): GrpoStage {
  const loss = String(options.loss_type ?? options.loss_mode ?? "");
  const own: Fields = {};
  for (const [name, value] of Object.entries(options)) {
    const reader = READERS[name];
    if (reader === undefined) throw new Error(`the golden option "${name}" is not known here`);
    Object.assign(own, reader(value as never, loss));
  }
  const given = { name: "rl", kind: "grpo", steps: 1, compat: options.library, correction: "none", ...own, ...more };
  const stage = GrpoStage.parse({ ...given, ...settledFields(given) });
  // both throw where the name is not in the table
  policyLosses.get(stage.loss);
  if (!stage.advantage.startsWith("gae")) advantages.get(stage.advantage);
  return stage;
}
