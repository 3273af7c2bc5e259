import type { Random } from "../../core/random.ts";
import type { SamplingOptions } from "../engine.ts";
import { type Kept, keptTokens } from "./filters.ts";

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
  if (graphTemperature(options) === null) return drawFromKept(keptTokens(next, options), u);
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

function drawFromKept({ ids, weights }: Kept, u: number): Drawn {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const last = ids.length - 1;
  let passed = 0;
  let i = 0;
  for (; i < last; i++) {
    passed += weights[i]! / total;
    if (u < passed) break;
  }
  return { token: ids[i]!, logprob: Math.log(weights[i]! / total) };
}
