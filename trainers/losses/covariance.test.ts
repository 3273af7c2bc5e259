import { expect, test } from "vitest";
import { clipCov, covariances, klCov } from "./covariance.ts";
import { LossFields, type PolicyOptions } from "./options.ts";
import type { PolicyLoss, PreparedSequence } from "./policy.ts";

const f = (...values: number[]) => Float32Array.from(values);
// mean A of the four tokens of mask 1: (2 + 2 + 0 - 4) / 4 = 0; mean lp: (-1 - 3 - 2 - 2) / 4 = -2
const sequences = [
  { mask: f(1, 1, 0), advantages: f(2, 2, 9), logprobs: f(-1, -3, -9), old: f(-1, -3, -9), entropies: f(0, 0, 0) },
  { mask: f(1, 1), advantages: f(0, -4), logprobs: f(-2, -2), old: f(-2, -2), entropies: f(0, 0) },
];
const prepared = async ({ prepare }: PolicyLoss, own: PreparedSequence[], options: PolicyOptions, seed: number) => {
  const behind = () => Promise.reject(new Error("nobody asks for another pass"));
  const fields = await prepare!({ sequences: own, seed, behind }, options);
  return Object.values(fields)[0]!.map((values) => [...values]);
};
const options = LossFields.parse({ cov_low: -3, cov_high: 5, cov_ratio: 0.5 });

test("the covariance of a token is the product of its distances from the means over the update", () => {
  const found = covariances(sequences).map(({ sequence, token, covariance }) => [sequence, token, covariance + 0]);
  expect(found).toEqual([
    [0, 0, 2],
    [0, 1, -2],
    [1, 0, 0],
    [1, 1, 0],
  ]);
});

test("kl_cov holds the share of tokens with the largest", async () => {
  expect(await prepared(klCov, sequences, options, 0)).toEqual([
    [1, 0, 0],
    [1, 0],
  ]);
  // one at least
  expect(await prepared(klCov, sequences, { ...options, cov_ratio: 1e-6 }, 0)).toEqual([
    [1, 0, 0],
    [0, 0],
  ]);
});

test("clip_cov leaves out so many of those within the bounds, drawn anew for another update", async () => {
  const drawn = async (seed: number) => (await prepared(clipCov, sequences, options, seed)).flat();
  const seen = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const kept = await drawn(seed);
    expect(kept).toEqual(await drawn(seed));
    expect(kept.filter((on) => on === 0)).toHaveLength(2);
    expect(kept[2]).toBe(1); // masked
    for (const [i, on] of kept.entries()) if (on === 0) seen.add(i);
  }
  expect([...seen].sort()).toEqual([0, 1, 3, 4]);
  const above = (await prepared(clipCov, sequences, { ...options, cov_low: 1 }, 0)).flat();
  expect(above).toEqual([0, 1, 1, 1, 1]);
});

test("clip_cov draws none that the clip cuts off already", async () => {
  const far = [{ ...sequences[0]!, old: f(-9, -3, -9) }, sequences[1]!];
  const kept = (await prepared(clipCov, far, { ...options, clip_high: 0.2, cov_low: 1 }, 0)).flat();
  expect(kept).toEqual([1, 1, 1, 1, 1]);
});
