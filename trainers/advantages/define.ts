export interface AdvantageOptions {
  /** whose standard deviation divides: the group's, the batch's, or none */
  scale: "group" | "batch" | "none";
}

/** An advantage estimator: rewards [P][G] to advantages [P][G]. A null reward could not be scored: it enters no statistics and gets 0. */
export interface AdvantageDefinition {
  name: string;
  estimate(rewards: readonly (readonly (number | null)[])[], options: AdvantageOptions): number[][];
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** Sample standard deviation (Bessel, ddof 1); 0 for fewer than two values. */
export function sampleStd(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}

export const scored = (rewards: readonly (number | null)[]): number[] => rewards.filter((r) => r !== null);
