import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { type Filters, keptTokens } from "./filters.ts";
import { drawToken } from "./sampler.ts";

/** What filters mean, with no thought of speed: everything is sorted, and each filter takes a part of what the one before left. */
function keptOf(logits: Float32Array, { temperature, top_k, top_p, min_p }: Filters): { ids: number[]; shares: number[] } {
  const scaled = Float64Array.from(logits, (x) => x / temperature);
  const sharesOf = (ids: number[]): number[] => {
    const weights = ids.map((id) => Math.exp(scaled[id]! - scaled[ids[0]!]!));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return weights.map((w) => w / total);
  };
  let ids = [...scaled.keys()].sort((a, b) => scaled[b]! - scaled[a]! || a - b);
  if (top_k > 0 && top_k < ids.length) ids = ids.filter((id) => scaled[id]! >= scaled[ids[top_k - 1]!]!);
  if (top_p < 1) {
    let total = 0;
    const end = sharesOf(ids).findIndex((share) => {
      total += share;
      return total >= top_p;
    });
    ids = end < 0 ? ids : ids.slice(0, end + 1);
  }
  if (min_p > 0) {
    const shares = sharesOf(ids);
    ids = ids.filter((_, i) => shares[i]! >= min_p * shares[0]!);
  }
  return { ids, shares: sharesOf(ids) };
}

const filters: Partial<Filters>[] = [
  { top_k: 1 },
  { top_k: 2 },
  { top_k: 50 },
  { top_k: 10_000 },
  { top_p: 0.001 },
  { top_p: 0.5 },
  { top_p: 0.95 },
  { top_p: 0.9999999 },
  { top_p: 1 - 1e-12 },
  { min_p: 0.05 },
  { min_p: 1e-9 },
  { min_p: 1 },
  { top_k: 50, top_p: 0.95 },
  { top_k: 50, min_p: 0.05 },
  { top_p: 0.95, min_p: 0.05 },
  { top_k: 50, top_p: 0.95, min_p: 0.05 },
  { top_k: 3, top_p: 0.9, min_p: 0.3, temperature: 3 },
  { top_k: 50, top_p: 0.95, min_p: 0.05, temperature: 0.01 },
];

const normal = (random: Random, spread: number) => () => spread * random.normal();
const logitsOf: Record<string, (random: Random) => () => number> = {
  "of a trained model, a few far above the rest": (random) => () => 2 * random.normal() + (random.uniform() < 0.01 ? 8 : 0),
  "all much alike": (random) => normal(random, 0.01),
  "with many ties": (random) => () => Math.round(2 * random.normal()),
  "all equal": () => () => -3.25,
  "with zeros of both signs": (random) => () => [0, -0, -1][random.integer(0, 2)]!,
  "far apart, some at minus infinity": (random) => () => (random.uniform() < 0.3 ? Number.NEGATIVE_INFINITY : 300 * random.normal()),
  "far from 0": (random) => () => -60_000 + 3 * random.normal(),
};

describe.each(Object.entries(logitsOf))("of logits %s", (_, generator) => {
  test.each(filters)("%j keeps and draws what sorting everything does", (change) => {
    const options = { temperature: 0.7, top_k: 0, top_p: 1, min_p: 0, ...change };
    for (const [seed, size] of [1, 2, 7, 64, 1000, 5000].entries()) {
      const random = new Random(seed);
      const draw = generator(random);
      const logits = Float32Array.from({ length: size }, draw);
      // at least one token is possible
      logits[random.integer(0, size - 1)] = 1;
      const expected = keptOf(logits, options);
      const { ids, weights } = keptTokens(logits, options);
      expect([...ids]).toEqual(expected.ids);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      weights.forEach((weight, i) => {
        expect(weight / total).toBeCloseTo(expected.shares[i]!, 14);
      });
      for (let i = 0; i < 20; i++) {
        const u = random.uniform();
        let passed = 0;
        const at = expected.shares.findIndex((share) => {
          passed += share;
          return u < passed;
        });
        const fixed = Object.assign(new Random(0), { uniform: () => u });
        const drawn = drawToken(logits, { ...options, max_new_tokens: 1, stop_ids: [], stop_strings: [] }, fixed);
        const place = at < 0 ? expected.ids.length - 1 : at;
        expect(drawn.token).toBe(expected.ids[place]);
        expect(drawn.logprob).toBeCloseTo(Math.log(expected.shares[place]!), 12);
      }
    }
  });
});

test("a vocabulary of 152,064: the k-th and its ties, in the order of their ids", () => {
  const logits = new Float32Array(152_064).fill(-5);
  for (const [place, id] of [151_000, 7, 80_000, 3].entries()) logits[id] = place < 2 ? 4 : 2;
  expect([...keptTokens(logits, { temperature: 1, top_k: 3, top_p: 1, min_p: 0 }).ids]).toEqual([7, 151_000, 3, 80_000]);
});
