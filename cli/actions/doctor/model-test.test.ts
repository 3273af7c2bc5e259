import { expect, test } from "vitest";
import { compareNumbers, type ModelNumbers } from "./model-test.ts";

const numbers = (change: Partial<ModelNumbers> = {}): ModelNumbers => ({
  logprobs: [-1, -2],
  gradients: { a: Float32Array.of(4, -2), b: Float32Array.of(0.5) },
  updated: [-1.5, -2.5],
  tokens: [3, 1],
  ...change,
});

test("the largest difference: nats of logprobs, shares of the largest gradient", () => {
  expect(compareNumbers("d", numbers(), numbers())).toBe(0);
  // 0.0004 nats
  expect(compareNumbers("d", numbers({ logprobs: [-1, -2.0004] }), numbers())).toBeCloseTo(4e-4, 9);
  // 0.002 of 4
  expect(compareNumbers("d", numbers({ gradients: { a: Float32Array.of(4, -2.002), b: Float32Array.of(0.5) } }), numbers())).toBeCloseTo(
    5e-4,
    7,
  );
});

test.each<[string, Partial<ModelNumbers>]>([
  ["logprobs are off by 1.0e-2", { logprobs: [-1.01, -2] }],
  ["logprobs are off by Infinity", { logprobs: [-1] }],
  ["gradients are off by 2.5e-1", { gradients: { a: Float32Array.of(4, -3), b: Float32Array.of(0.5) } }],
  ["gradients are off by Infinity", { gradients: { a: Float32Array.of(4, -2) } }],
  ["gradients are off by NaN", { gradients: { a: Float32Array.of(4, Number.NaN), b: Float32Array.of(0.5) } }],
  ["logprobs after an AdamW step are off by 5.0e-1", { updated: [-1.5, -3] }],
  ["the tiny model says 3 2 where it should say 3 1", { tokens: [3, 2] }],
])("%s", (message, change) => {
  expect(() => compareNumbers("tfjs-x", numbers(change), numbers())).toThrow(message);
});
