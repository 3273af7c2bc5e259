import { aggregations } from "./index.ts";

export interface AggregationOptions {
  aggregation: string;
  /** the constant length of dr_grpo and sequence_mean_token_sum_norm */
  length: number;
  /** whether a completion of which no token enters the loss is among those that are averaged over */
  count_masked: boolean;
}

/**
 * The weight of each token of mask 1 of the completions of one update, [S]; 0 where there is none.
 * `lengths` are the completions' tokens of mask 1, [S].
 */
export function aggregationWeights(lengths: readonly number[], { aggregation, length, count_masked }: AggregationOptions): number[] {
  const { weight } = aggregations.get(aggregation);
  const tokens = lengths.reduce((sum, own) => sum + own, 0);
  const sequences = count_masked ? lengths.length : lengths.filter((own) => own > 0).length;
  return lengths.map((own) => (own === 0 ? 0 : weight(own, { tokens, sequences, length })));
}
