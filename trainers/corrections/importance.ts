import type { CorrectionOptions } from "./options.ts";

/** A completion under two policies, arrays [T], nats. */
export interface Mismatch {
  /** 1 for tokens that enter the loss */
  mask: Float32Array;
  /** by the trainer */
  old: Float32Array;
  /** by the sampler */
  sampled: Float32Array;
}

/** Bound on a log ratio, so that exp stays finite. verl's. */
export const LARGEST = 20;

const bounded = (x: number): number => Math.exp(Math.max(-LARGEST, Math.min(LARGEST, x)));

/** Log ratios trainer - sampler of the tokens of mask 1, in order. */
export function gaps({ mask, old, sampled }: Mismatch): number[] {
  const out: number[] = [];
  mask.forEach((on, t) => {
    if (on !== 0) out.push(old[t]! - sampled[t]!);
  });
  return out;
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

type Options = Pick<CorrectionOptions, "correction" | "correction_level" | "correction_low" | "correction_high" | "correction_normalize">;

/** The ratio trainer / sampler of each token, or its completion's at every token: [S][T], 1 where the mask is 0. */
export function ratios(sequences: readonly Mismatch[], level: Options["correction_level"]): Float32Array[] {
  return sequences.map((sequence) => {
    const { mask, old, sampled } = sequence;
    if (level === "token") return mask.map((on, t) => (on === 0 ? 1 : bounded(old[t]! - sampled[t]!)));
    const own = gaps(sequence);
    const whole = bounded(level === "sequence" ? sum(own) : sum(own) / Math.max(1, own.length));
    return mask.map((on) => (on === 0 ? 1 : whole));
  });
}

/**
 * What the policy term of each token is multiplied by, so that tokens which the sampler drew too often count less: [S][T], held still.
 * Source: TIS (Yao et al. 2025) and IcePop as in verl; TRL's token_* and sequence_* modes.
 */
export function importanceWeights(sequences: readonly Mismatch[], options: Options): Float32Array[] {
  const { correction, correction_level, correction_low, correction_high, correction_normalize } = options;
  if (correction === "none") return sequences.map(({ mask }) => new Float32Array(mask.length).fill(1));
  const low = correction_low ?? 0;
  const weigh = (ratio: number) => {
    if (correction === "truncate") return Math.min(Math.max(ratio, low), correction_high);
    return ratio < low || ratio > correction_high ? 0 : ratio;
  };
  const weights = ratios(sequences, correction_level).map((own, i) =>
    own.map((ratio, t) => (sequences[i]!.mask[t] === 0 ? 1 : weigh(ratio))),
  );
  if (!correction_normalize) return weights;
  const mean = meanWeight(weights, sequences, correction_level);
  return mean === 0 ? weights : weights.map((own) => own.map((weight) => weight / mean));
}

/** The mean over tokens, or over completions where each has one weight. */
function meanWeight(weights: readonly Float32Array[], sequences: readonly Mismatch[], level: Options["correction_level"]): number {
  let [total, count] = [0, 0];
  sequences.forEach(({ mask }, i) => {
    const own = [...weights[i]!].filter((_, t) => mask[t] !== 0);
    const counted = level === "token" ? own : own.slice(0, 1);
    total += sum(counted);
    count += counted.length;
  });
  return count === 0 ? 0 : total / count;
}
