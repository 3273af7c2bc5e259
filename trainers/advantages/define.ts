import type { AdvantageOptions } from "./options.ts";

export type { AdvantageOptions } from "./options.ts";

/** What an estimator sees of one rollout. */
export interface Judged {
  /** null where it could not be scored: it enters no statistics and gets 0 */
  reward: number | null;
  /** T */
  tokens: number;
  /** scores of its steps, each with the tokens [start, end) that took it; `step` is the same for the same step of every sibling */
  steps: { step: string; start: number; end: number; score: number }[];
}

/** An advantage estimator: groups [P][G] to the advantages of every token, [P][G][T]. */
export interface AdvantageDefinition {
  name: string;
  estimate(groups: readonly (readonly Judged[])[], options: AdvantageOptions): Float32Array[][];
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Sample standard deviation (Bessel, ddof 1); 0 for fewer than two values. */
export function sampleStd(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}

export const scored = (rewards: readonly (number | null)[]): number[] => rewards.filter((r) => r !== null);
