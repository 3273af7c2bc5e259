import { registry } from "../../core/registry.ts";
import type { Aggregation } from "./define.ts";

/** Every token counts the same: long completions more. */
const tokenMean: Aggregation = {
  name: "token_mean",
  weight: (_, { tokens }) => 1 / tokens,
  formula: "1 / tokens of the update",
  source: "DAPO (arXiv:2503.14476): TRL's dapo and bnpo, verl's token-mean",
};

const tokenSum: Aggregation = {
  name: "token_sum",
  weight: () => 1,
  formula: "1",
  source: "verl's token-sum, Tinker",
};

/** Every completion counts the same: tokens of long ones less. */
const sequenceMeanTokenMean: Aggregation = {
  name: "sequence_mean_token_mean",
  weight: (own, { sequences }) => 1 / (sequences * own),
  formula: "1 / (completions * the completion's tokens)",
  source: "GRPO (arXiv:2402.03300): TRL's grpo and sapo, verl's seq-mean-token-mean",
};

const sequenceMeanTokenSum: Aggregation = {
  name: "sequence_mean_token_sum",
  weight: (_, { sequences }) => 1 / sequences,
  formula: "1 / completions",
  source: "verl's seq-mean-token-sum",
};

const sequenceMeanTokenSumNorm: Aggregation = {
  name: "sequence_mean_token_sum_norm",
  weight: (_, { sequences, length }) => 1 / (sequences * length),
  formula: "1 / (completions * aggregation_length)",
  source: "verl's seq-mean-token-sum-norm",
};

/** A constant in place of the completion's own length, which would favour short right answers and long wrong ones. */
const drGrpo: Aggregation = { ...sequenceMeanTokenSumNorm, name: "dr_grpo", source: "Dr. GRPO (arXiv:2503.20783): TRL's dr_grpo" };

/** The completion's loss times its length. */
const luspo: Aggregation = { ...sequenceMeanTokenSum, name: "luspo", source: "LUSPO, TRL's luspo" };

/** Every aggregation by its name. A new one is an entry here. */
export const aggregations = registry("aggregation", [
  tokenMean,
  sequenceMeanTokenMean,
  tokenSum,
  sequenceMeanTokenSum,
  sequenceMeanTokenSumNorm,
  drGrpo,
  luspo,
]);
