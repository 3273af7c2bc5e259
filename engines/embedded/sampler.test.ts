import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { SamplingOptions } from "../engine.ts";
import { drawToken, graphTemperature } from "./sampler.ts";

const options = (change: Partial<SamplingOptions>): SamplingOptions => ({
  temperature: 1,
  top_k: 0,
  top_p: 1,
  min_p: 0,
  max_new_tokens: 1,
  stop_ids: [],
  stop_strings: [],
  ...change,
});

/** A stream whose next number is `u`. */
const fixed = (u: number): Random => Object.assign(new Random(0), { uniform: () => u });

test.each([
  [{ temperature: 0.7 }, 0.7],
  [{ temperature: 0 }, 1],
  [{ temperature: 0, top_k: 5 }, 1],
  [{ top_k: 5 }, null],
  [{ top_p: 0.9 }, null],
  [{ min_p: 0.1 }, null],
])("%j asks the graph for the distribution at temperature %s", (change, expected) => {
  expect(graphTemperature(options(change))).toBe(expected);
});

test.each([
  [0, 1], // what has no probability is never drawn, not even by 0
  [0.2499, 1],
  [0.25, 2], // 0.25 is where the second one's share ends
  [0.9999999, 2],
  [1 - 2 ** -53, 2],
])("u = %f of [0, 1/4, 3/4, 0] draws %i", (u, expected) => {
  const drawn = drawToken(Float32Array.of(0, 0.25, 0.75, 0), options({}), fixed(u));
  expect(drawn).toEqual({ token: expected, logprob: Math.log(expected === 1 ? 0.25 : 0.75) });
});

test("probabilities that do not quite add up to 1 are taken as shares", () => {
  // shares 2/3 and 1/3
  expect(drawToken(Float32Array.of(0.5, 0.25), options({}), fixed(0.6))).toEqual({ token: 0, logprob: Math.log(2 / 3) });
  expect(drawToken(Float32Array.of(0.5, 0.25), options({}), fixed(0.7))).toEqual({ token: 1, logprob: Math.log(1 / 3) });
});

test("temperature 0 draws the most probable, the first of equals", () => {
  expect(drawToken(Float32Array.of(0.25, 0.375, 0.375), options({ temperature: 0 }), fixed(0.99))).toEqual({
    token: 1,
    logprob: Math.log(0.375),
  });
});

test("frequencies are the probabilities", () => {
  const random = new Random(7);
  const probabilities = Float32Array.of(0.5, 0.125, 0.25, 0.125);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 20_000; i++) counts[drawToken(probabilities, options({}), random).token]!++;
  // five standard deviations of a share of 20,000 draws: 5 * sqrt(0.25 / 20000) < 0.018
  counts.forEach((count, token) => {
    expect(Math.abs(count / 20_000 - probabilities[token]!)).toBeLessThan(0.018);
  });
});

test("each draw takes one random number, filters or none", () => {
  for (const change of [{}, { temperature: 0 }, { top_k: 2 }]) {
    const [a, b] = [new Random(3), new Random(3)];
    drawToken(Float32Array.of(0.5, 0.25, 0.25), options(change), a);
    b.uniform();
    expect(a.state).toEqual(b.state);
  }
});
