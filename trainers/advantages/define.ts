import type { AdvantageField, AdvantageOptions } from "./options.ts";

export type { AdvantageOptions } from "./options.ts";

/** What an estimator sees of one rollout. */
export interface Judged {
  /** the total; null where it could not be scored: it enters no statistics and gets 0 */
  reward: number | null;
  /** T */
  tokens: number;
  /** scores of its steps, each with the tokens [start, end) that took it; `step` is the same for the same step of every sibling */
  steps: { step: string; start: number; end: number; score: number }[];
  /** the rewards that the total is made of, unweighted; null where one does not apply */
  parts: { name: string; weight: number; score: number | null }[];
  /** [T] what single tokens are paid besides, a penalty for one; null where nothing is */
  tokenRewards: Float32Array | null;
  /** [T] 1 for the policy's own tokens */
  mask: Float32Array;
  /** whether its siblings are compared with it; it is compared with them all the same */
  compared: boolean;
}

/** An advantage estimator: groups [P][G] to the advantages of every token, [P][G][T]. */
export interface AdvantageDefinition {
  name: string;
  reads: readonly AdvantageField[];
  /** fields of the stage that are something else for this estimator where the recipe does not say */
  defaults?: Partial<AdvantageOptions>;
  formula(options: AdvantageOptions): string;
  /** when it is 0 for all */
  silent: string;
  source: string;
  estimate(groups: readonly (readonly Judged[])[], options: AdvantageOptions): Float32Array[][];
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Standard deviation with n - `ddof` below the squares; 0 for no more values than that. */
export function standardDeviation(values: readonly number[], ddof: number): number {
  if (values.length <= ddof) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - ddof));
}

/** Sample standard deviation (Bessel, ddof 1); 0 for fewer than two values. */
export const sampleStd = (values: readonly number[]): number => standardDeviation(values, 1);

export const scored = (rewards: readonly (number | null)[]): number[] => rewards.filter((r) => r !== null);

/** The total of a rollout with what its tokens were paid; null where it could not be scored. */
export function totalOf({ reward, tokenRewards, mask }: Judged): number | null {
  if (reward === null || tokenRewards === null) return reward;
  return tokenRewards.reduce((sum, own, t) => sum + (mask[t] === 0 ? 0 : own), reward);
}

/** One advantage for each rollout [P][G], given to all of its tokens: [P][G][T]. */
export function spread(groups: readonly (readonly Judged[])[], values: readonly (readonly number[])[]): Float32Array[][] {
  return groups.map((group, g) => group.map(({ tokens }, i) => new Float32Array(tokens).fill(values[g]![i]!)));
}
