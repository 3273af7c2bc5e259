import type { SamplingOptions } from "../engine.ts";

/** What filters keep of a vocabulary, in falling order of probability, the lower of two equal ids first. */
export interface Kept {
  ids: Int32Array;
  /** shares of the whole that they are, in proportion: the first is 1 */
  weights: Float64Array;
}

export type Filters = Pick<SamplingOptions, "temperature" | "top_k" | "top_p" | "min_p">;

/**
 * The tokens that top-k, top-p and min-p keep of logits [V], each of what the one before kept, at a temperature above 0. Nothing but what
 * may be kept is sorted, which of a vocabulary of 100,000 is often a handful.
 */
export function keptTokens(logits: Float32Array, { temperature, top_k, top_p, min_p }: Filters): Kept {
  const most = highest(logits);
  const byCount = top_k > 0 && top_k < logits.length;
  let total: number | null = null;
  let least = Number.NEGATIVE_INFINITY;
  // ties with the k-th are kept, as transformers keeps them
  if (byCount) least = kthHighest(logits, top_k);
  else if (top_p < 1) ({ least, total } = massAbove(logits, most, temperature, top_p));
  else if (min_p > 0) least = most + temperature * Math.log(min_p) - reserve(most, temperature);
  const ids = falling(logits, least);
  const top = most / temperature;
  const weights = Float64Array.from(ids, (id) => Math.exp(logits[id]! / temperature - top));
  let count = ids.length;
  if (top_p < 1) count = nucleusSize(weights, top_p, total ?? sum(weights));
  if (min_p > 0) while (count > 1 && weights[count - 1]! < min_p) count--;
  return { ids: ids.subarray(0, count), weights: weights.subarray(0, count) };
}

function highest(logits: Float32Array): number {
  let most = logits[0]!;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > most) most = logits[i]!;
  return most;
}

/** How far rounding may put a logit from where it belongs, generously. */
function reserve(most: number, temperature: number): number {
  return 1e-9 * (Math.abs(most) + temperature);
}

/** The k-th highest of the logits, by a heap of the k highest so far whose root is the lowest of them. */
function kthHighest(logits: Float32Array, k: number): number {
  const heap = logits.slice(0, k).sort();
  for (let i = k; i < logits.length; i++) {
    const value = logits[i]!;
    if (!(value > heap[0]!)) continue;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= k) break;
      if (child + 1 < k && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= value) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = value;
  }
  return heap[0]!;
}

/** Pieces of a nat by which logits are told apart at first, and how many there are before all the rest. */
const PIECES_OF_NAT = 16;
const PIECES = 1024;

/** A logit that no token of the nucleus lies below, and the mass of all tokens as a multiple of the first one's. */
function massAbove(logits: Float32Array, most: number, temperature: number, top_p: number): { least: number; total: number } {
  const mass = new Float64Array(PIECES);
  const top = most / temperature;
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const below = top - logits[i]! / temperature;
    const weight = Math.exp(-below);
    total += weight;
    mass[Math.min(PIECES - 1, below * PIECES_OF_NAT) | 0]! += weight;
  }
  let above = 0;
  for (let piece = 0; piece < PIECES - 1; piece++) {
    above += mass[piece]!;
    // sums in two orders differ in their last digits
    if (above < (top_p + 1e-9) * total) continue;
    return { least: most - (temperature * (piece + 1)) / PIECES_OF_NAT - reserve(most, temperature), total };
  }
  return { least: Number.NEGATIVE_INFINITY, total };
}

/** Room for ids behind the 32 bits of a logit in a float64 that is exact. */
const ID_BITS = 2 ** 21;

/** Ids of logits of at least `least` in falling order: each logit, turned around as a whole number, with its id behind it. */
function falling(logits: Float32Array, least: number): Int32Array {
  if (logits.length > ID_BITS) throw new Error(`a vocabulary of ${logits.length} is more than the ${ID_BITS} that can be sorted`);
  let count = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i]! >= least) count++;
  const keys = new Float64Array(count);
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  let at = 0;
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i]!;
    if (!(value >= least)) continue;
    // -0 is 0; the bits of a negative float count downwards
    float[0] = value + 0;
    const rising = bits[0]! < 0 ? bits[0]! ^ 0x7fffffff : bits[0]!;
    keys[at++] = -rising * ID_BITS + i;
  }
  keys.sort();
  return Int32Array.from(keys, (key) => key - Math.floor(key / ID_BITS) * ID_BITS);
}

function sum(weights: Float64Array): number {
  let total = 0;
  for (const weight of weights) total += weight;
  return total;
}

/** How many of the most probable tokens reach a total of top_p; the one that passes it is kept. */
function nucleusSize(weights: Float64Array, top_p: number, total: number): number {
  let passed = 0;
  for (let i = 0; i < weights.length; i++) {
    passed += weights[i]! / total;
    if (passed >= top_p) return i + 1;
  }
  return weights.length;
}
