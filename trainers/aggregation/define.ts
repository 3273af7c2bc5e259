/** The numbers of an update that weights are made of. */
export interface UpdateCounts {
  /** tokens of mask 1 over all completions of the update */
  tokens: number;
  /** completions of the update that are counted */
  sequences: number;
  /** the recipe's constant length: aggregation_length, or the longest that a completion may be */
  length: number;
}

/**
 * How the loss of single tokens becomes one number: the weight of each token of a completion, from how many of its tokens enter the loss
 * (1 or more) and from counts of the whole update. So the sum over any split of the update is the same.
 */
export interface Aggregation {
  name: string;
  weight(own: number, counts: UpdateCounts): number;
  formula: string;
  source: string;
}
