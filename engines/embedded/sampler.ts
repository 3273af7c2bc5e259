import type { Random } from "../../core/random.ts";
import type { SamplingOptions } from "../engine.ts";

export interface Drawn {
  token: number;
  /** of the distribution that was drawn from: temperature and filters applied, renormalised; nats */
  logprob: number;
}

/**
 * Draws one token from a row of logits. Temperature, then top-k, top-p and min-p, each on what the one before kept, as transformers'
 * processors do; greedy at temperature 0, where the logprob is that of the unfiltered distribution at temperature 1.
 * Exactly one random number is used a token, so a completion's draws depend on its own length alone.
 */
export function drawToken(logits: Float32Array, options: SamplingOptions, random: Random): Drawn {
  const u = random.uniform();
  if (options.temperature === 0) return greedy(logits);
  const plain = options.top_k === 0 && options.top_p === 1 && options.min_p === 0;
  return plain ? drawFromAll(logits, options.temperature, u) : drawFromKept(filterLogits(logits, options), u);
}

function greedy(logits: Float32Array): Drawn {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - logits[best]!);
  return { token: best, logprob: -Math.log(total) };
}

const scratch = { values: new Float64Array(0) };

function drawFromAll(logits: Float32Array, temperature: number, u: number): Drawn {
  const count = logits.length;
  if (scratch.values.length < count) scratch.values = new Float64Array(count);
  const { values } = scratch;
  let top = -Infinity;
  for (let i = 0; i < count; i++) if (logits[i]! > top) top = logits[i]!;
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += Math.exp((logits[i]! - top) / temperature);
    values[i] = total;
  }
  const wanted = u * total;
  let token = 0;
  while (token < count - 1 && values[token]! <= wanted) token++;
  return { token, logprob: (logits[token]! - top) / temperature - Math.log(total) };
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
