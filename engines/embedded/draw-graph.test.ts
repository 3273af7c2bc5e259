import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { input } from "../graph/build.ts";
import { OnnxExecutor } from "../onnx/executor.ts";
import { ReferenceExecutor } from "../reference/executor.ts";
import { TfjsExecutor } from "../tfjs/executor.ts";
import { blockWidth, drawnOutputs, drawRows, likeliestRows } from "./draw-graph.ts";
import { drawToken } from "./sampler.ts";

const executors = [
  new ReferenceExecutor(),
  new OnnxExecutor({ threads: 1 }),
  await TfjsExecutor.open("cpu"),
  await TfjsExecutor.open("wasm"),
];
const OPTIONS = { top_k: 0, top_p: 1, min_p: 0, max_new_tokens: 1, stop_ids: [], stop_strings: [] };
const fixed = (u: number): Random => Object.assign(new Random(0), { uniform: () => u });

/** [N, vocab] shares of which about every third is 0, and blocks of zeros among them. */
function shares(rows: number, vocab: number, seed: number): Float32Array {
  const random = new Random(seed);
  const out = new Float32Array(rows * vocab);
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: vocab }, (_, i) => (i % 3 === row % 3 || (i >> 4) % 5 === 1 ? 0 : Math.exp(4 * random.normal())));
    const total = values.reduce((sum, value) => sum + value, 0);
    values.forEach((value, i) => {
      out[row * vocab + i] = value / total;
    });
  }
  return out;
}

describe.each(executors.map((executor) => [executor.name, executor] as const))("on %s", (_, executor) => {
  async function drawn(probabilities: Float32Array, u: Float32Array, build = drawRows) {
    const [rows, vocab] = [u.length, probabilities.length / u.length];
    const session = await executor.create(drawnOutputs([build(input("p", [rows, vocab]), input("u", [rows]))]));
    const { tokens, logprobs } = await session.run({ p: probabilities, ...(session.inputNames.includes("u") ? { u } : {}) });
    await session.release();
    return { tokens: [...tokens!], logprobs: [...logprobs!] };
  }

  // 8 in blocks of 4, of which the first is empty but for the one token of 1/4
  test.each([
    [0, 1], // what has no probability is never drawn, not even by 0
    [0.2499, 1],
    [0.25, 5], // 0.25 is where the first one's share ends
    [0.4999, 5],
    [0.5, 6],
    [1 - 2 ** -24, 6], // the largest float32 below 1
  ])("u = %f of [0, 1/4, 0, 0, 0, 1/4, 1/2, 0] draws %i", async (u, token) => {
    const { tokens, logprobs } = await drawn(Float32Array.of(0, 0.25, 0, 0, 0, 0.25, 0.5, 0), Float32Array.of(u));
    expect(tokens).toEqual([token]);
    expect(Math.abs(logprobs[0]! - Math.log(token === 6 ? 0.5 : 0.25))).toBeLessThan(1e-6);
  });

  // a prime number, one with a share without a remainder, one of a real tokenizer
  test.each([[997], [512], [49_280]])("of %i tokens it draws the host's, and with its logprob", async (vocab) => {
    const rows = 12;
    const probabilities = shares(rows, vocab, vocab);
    const random = new Random(5);
    const u = Float32Array.from({ length: rows }, () => random.uniform());
    const { tokens, logprobs } = await drawn(probabilities, u);
    for (let row = 0; row < rows; row++) {
      const expected = drawToken(probabilities.subarray(row * vocab, (row + 1) * vocab), { ...OPTIONS, temperature: 1 }, fixed(u[row]!));
      expect(tokens[row]).toBe(expected.token);
      // float32 sums of some hundred numbers, twice
      expect(Math.abs(logprobs[row]! - expected.logprob)).toBeLessThan(1e-5);
    }
  });

  test("shares that add up to something else than 1 are taken as what they are of it", async () => {
    const { tokens, logprobs } = await drawn(Float32Array.of(0.5, 0.25, 0.5, 0.25), Float32Array.of(0.6, 0.7));
    expect(tokens).toEqual([0, 1]);
    expect(Math.abs(logprobs[0]! - Math.log(2 / 3))).toBeLessThan(1e-6);
    expect(Math.abs(logprobs[1]! - Math.log(1 / 3))).toBeLessThan(1e-6);
  });

  test("what is not a number draws some token there is", async () => {
    const { tokens, logprobs } = await drawn(new Float32Array(8).fill(Number.NaN), Float32Array.of(0.5));
    expect(tokens[0]! >= 0 && tokens[0]! < 8).toBe(true);
    expect(logprobs[0]).toBeNaN();
  });

  test("of so many entries that float32 does not number them all, the likeliest is the likeliest", async () => {
    // 66 rows of 2^18: the last starts at 17,039,360, beyond 2^24. The likeliest of row r is 3001 r + 1.
    const [rows, vocab] = [66, 2 ** 18];
    const values = new Float32Array(rows * vocab).fill(2 ** -20);
    for (let row = 0; row < rows; row++) values[row * vocab + 3001 * row + 1] = 0.75;
    const { tokens, logprobs } = await drawn(values, new Float32Array(rows), likeliestRows);
    expect(tokens).toEqual(Array.from({ length: rows }, (_, row) => 3001 * row + 1));
    // the others have 2^18 - 1 times 2^-20 between them, less than 1 in a million short of 1/4
    for (const value of logprobs) expect(Math.abs(value - Math.log(0.75))).toBeLessThan(2e-5);
  });

  test("the likeliest is the first of equals", async () => {
    const { tokens, logprobs } = await drawn(Float32Array.of(0.25, 0.375, 0.375, 0.5, 0.25, 0.25), new Float32Array(2), likeliestRows);
    expect(tokens).toEqual([1, 0]);
    expect(Math.abs(logprobs[0]! - Math.log(0.375))).toBeLessThan(1e-6);
    expect(Math.abs(logprobs[1]! - Math.log(0.5))).toBeLessThan(1e-6);
  });
});

test.each([
  [512, 32], // 16 blocks; 23 is the root
  [49_280, 224],
  [997, 32], // prime: 31 blocks of 32 and one of 5
])("a vocabulary of %i stands in blocks of %i", (vocab, width) => {
  expect(blockWidth(vocab)).toBe(width);
});
