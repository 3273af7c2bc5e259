import type { Random } from "../../core/random.ts";
import type { SamplingOptions } from "../engine.ts";

export interface Drawn {
  token: number;
  /** of the distribution that was drawn from: temperature and filters applied, renormalised; nats */
  logprob: number;
}

/**
 * The temperature of the distribution that a graph itself gives, [V] probabilities, or null where filters need the logits instead. Greedy
 * sampling reports logprobs of the unfiltered distribution at temperature 1.
 */
export function graphTemperature({ temperature, top_k, top_p, min_p }: SamplingOptions): number | null {
  if (temperature === 0) return 1;
  return top_k === 0 && top_p === 1 && min_p === 0 ? temperature : null;
}

/**
 * Draws one token from what the graph gives: probabilities at `graphTemperature`, or logits. Filters: temperature, then top-k, top-p and
 * min-p, each on what the one before kept, as transformers' processors do. Exactly one random number is used a token, so a completion's draws
 * depend on its own length alone.
 */
export function drawToken(next: Float32Array, options: SamplingOptions, random: Random): Drawn {
  const u = random.uniform();
  if (graphTemperature(options) === null) return drawFromKept(filterLogits(next, options), u);
  return options.temperature === 0 ? mostProbable(next) : drawFromAll(next, u);
}

/** Probabilities in float32 add up to 1 only roughly. */
function sum(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function mostProbable(probabilities: Float32Array): Drawn {
  let token = 0;
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i]! > probabilities[token]!) token = i;
  return { token, logprob: Math.log(probabilities[token]! / sum(probabilities)) };
}

function drawFromAll(probabilities: Float32Array, u: number): Drawn {
  const total = sum(probabilities);
  const wanted = u * total;
  let token = 0;
  let passed = 0;
  for (let i = 0; i < probabilities.length && passed <= wanted; i++) {
    const p = probabilities[i]!;
    if (p === 0) continue;
    passed += p;
    token = i;
  }
  return { token, logprob: Math.log(probabilities[token]! / total) };
}

export interface Kept {
  /** ids in falling order of probability */
  ids: number[];
  /** renormalised logprobs of those ids */
  logprobs: number[];
}

/** The tokens that the filters keep, with their renormalised logprobs. */
export function filterLogits(logits: Float32Array, { temperature, top_k, top_p, min_p }: SamplingOptions): Kept {
  const scaled = Float64Array.from(logits, (x) => x / temperature);
  let ids = [...scaled.keys()].sort((a, b) => scaled[b]! - scaled[a]! || a - b);
  // ties with the k-th are kept, as transformers keeps them
  if (top_k > 0 && top_k < ids.length) ids = ids.filter((id) => scaled[id]! >= scaled[ids[top_k - 1]!]!);
  if (top_p < 1) ids = ids.slice(0, nucleusSize(probabilities(scaled, ids), top_p));
  if (min_p > 0) {
    const all = probabilities(scaled, ids);
    ids = ids.filter((_, i) => all[i]! >= min_p * all[0]!);
  }
  return { ids, logprobs: probabilities(scaled, ids).map(Math.log) };
}

function probabilities(scaled: Float64Array, ids: number[]): number[] {
  const top = scaled[ids[0]!]!;
  const weights = ids.map((id) => Math.exp(scaled[id]! - top));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

/** How many of the most probable tokens reach a total of top_p; the one that passes it is kept. */
function nucleusSize(falling: number[], top_p: number): number {
  let total = 0;
  for (let i = 0; i < falling.length; i++) {
    total += falling[i]!;
    if (total >= top_p) return i + 1;
  }
  return falling.length;
}

function drawFromKept({ ids, logprobs }: Kept, u: number): Drawn {
  let total = 0;
  for (let i = 0; i < ids.length; i++) {
    total += Math.exp(logprobs[i]!);
    if (u < total || i === ids.length - 1) return { token: ids[i]!, logprob: logprobs[i]! };
  }
  throw new Error("no token was kept");
}
