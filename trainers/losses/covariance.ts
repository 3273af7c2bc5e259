import { deriveSeed } from "../../core/random.ts";
import { abs, add, clip, exp, greater, maximum, mul, neg } from "../../engines/graph/build.ts";
import { type PolicyLoss, type PreparedSequence, tokenLogRatio } from "./policy.ts";

/** A token of the update: its completion, its place there, and its share of the covariance of advantage and logprob. */
interface Place {
  sequence: number;
  token: number;
  covariance: number;
}

/** (A - mean A) (lp - mean lp) of every token of mask 1; means over all of them. */
export function covariances(sequences: readonly PreparedSequence[]): Place[] {
  const places: (Omit<Place, "covariance"> & { advantage: number; logprob: number })[] = [];
  sequences.forEach(({ mask, advantages, logprobs }, sequence) => {
    mask.forEach((on, token) => {
      if (on !== 0) places.push({ sequence, token, advantage: advantages[token]!, logprob: logprobs[token]! });
    });
  });
  const mean = (of: (place: (typeof places)[number]) => number) => places.reduce((sum, place) => sum + of(place), 0) / places.length;
  const [advantage, logprob] = [mean((p) => p.advantage), mean((p) => p.logprob)];
  return places.map((p) => ({
    sequence: p.sequence,
    token: p.token,
    covariance: (p.advantage - advantage) * (p.logprob - logprob),
  }));
}

const howMany = (tokens: number, share: number): number => Math.max(1, Math.floor(tokens * share));

/** Arrays of the completions' shapes: `value` at the places, `other` elsewhere. */
function marked(sequences: readonly PreparedSequence[], places: readonly Place[], value: number, other: number): Float32Array[] {
  const out = sequences.map(({ mask }) => new Float32Array(mask.length).fill(other));
  for (const { sequence, token } of places) out[sequence]![token] = value;
  return out;
}

/**
 * PPO's clip, and besides a few tokens of high covariance, which drive entropy down most, are drawn and left out.
 * loss = kept max(-r A, -clip(r) A). Among the tokens of cov_low < covariance < cov_high that no clip cuts off, cov_ratio of all tokens are
 * drawn. Shapes [N], nats. Source: Clip-Cov (arXiv:2505.22617), as in verl.
 */
export const clipCov: PolicyLoss = {
  name: "clip_cov",
  source: "Clip-Cov (arXiv:2505.22617), as in verl",
  reads: ["clip_low", "clip_high", "cov_ratio", "cov_low", "cov_high"],
  defaults: { clip_low: 1, clip_high: 1 },
  formula: ({ clip_low, clip_high, cov_ratio, cov_low, cov_high }) =>
    `max(-r A, -clip(r, ${1 - clip_low}, ${1 + clip_high}) A), but 0 at ${100 * cov_ratio} % of the tokens, ` +
    `drawn where ${cov_low} < (A - mean A)(lp - mean lp) < ${cov_high}`,
  silent: "A = 0; r clipped; drawn",
  prepare({ sequences, seed }, { clip_low, clip_high, cov_ratio, cov_low, cov_high }) {
    const all = covariances(sequences);
    const clipped = ({ sequence, token }: Place) => {
      const { logprobs, old, advantages } = sequences[sequence]!;
      const [ratio, advantage] = [Math.exp(logprobs[token]! - old[token]!), advantages[token]!];
      return advantage > 0 ? ratio > 1 + clip_high : advantage < 0 && ratio < 1 - clip_low;
    };
    const among = all.filter((place) => place.covariance > cov_low && place.covariance < cov_high && !clipped(place));
    // lots by what a token is, not by where it stands: the order of completions changes nothing
    const lot = ({ sequence, token }: Place) => {
      const { advantages, logprobs, old } = sequences[sequence]!;
      return deriveSeed(seed, "clip_cov", advantages[token]!, logprobs[token]!, old[token]!);
    };
    const drawn = among
      .map((place) => ({ place, lot: lot(place) }))
      .sort((a, b) => a.lot - b.lot)
      .slice(0, howMany(all.length, cov_ratio))
      .map(({ place }) => place);
    return { kept: marked(sequences, drawn, 0, 1) };
  },
  term(tokens, { clip_low, clip_high }) {
    const { field } = tokens;
    const advantages = field("advantages");
    const ratio = exp(tokenLogRatio(tokens));
    const bounded = clip(ratio, 1 - clip_low, 1 + clip_high);
    return {
      loss: mul(maximum(neg(mul(ratio, advantages)), neg(mul(bounded, advantages))), field("kept")),
      tokens: {
        clip_low: mul(greater(1 - clip_low, ratio), greater(0, advantages)),
        clip_high: mul(greater(ratio, 1 + clip_high), greater(advantages, 0)),
      },
    };
  },
};

/**
 * No clip; the tokens of the highest covariance are held to the old policy: loss = -r A, and there + cov_kl_coef abs(lp - old).
 * Shapes [N], nats. Source: KL-Cov (arXiv:2505.22617), as in verl.
 */
export const klCov: PolicyLoss = {
  name: "kl_cov",
  source: "KL-Cov (arXiv:2505.22617), as in verl",
  reads: ["cov_ratio", "cov_kl_coef"],
  formula: ({ cov_ratio, cov_kl_coef }) =>
    `-r A, and + ${cov_kl_coef} abs(lp - old) at the ${100 * cov_ratio} % of the tokens with the largest (A - mean A)(lp - mean lp)`,
  silent: "A = 0",
  prepare({ sequences }, { cov_ratio }) {
    const all = covariances(sequences);
    // sort is stable: of equals the first
    const top = [...all].sort((a, b) => b.covariance - a.covariance).slice(0, howMany(all.length, cov_ratio));
    return { held: marked(sequences, top, 1, 0) };
  },
  term(tokens, { cov_kl_coef }) {
    const d = tokenLogRatio(tokens);
    const distance = abs(d);
    const held = mul(mul(tokens.field("held"), cov_kl_coef), distance);
    return { loss: add(neg(mul(exp(d), tokens.field("advantages"))), held), tokens: { distance } };
  },
};
