import { expect, test } from "vitest";
import { add, constant, exp, gatherRows, input, mul, neg, reduceSum, reshape, slice, softmax, sum, type Tensor } from "../graph/build.ts";
import { cacheBytes, peakBytes, policyBytes } from "./memory.ts";
import type { Policy } from "./policy.ts";

/** 32 float32 values are 128 bytes; an input's own are not the graph's. `softmax` needs new memory, `neg`, `exp`, `add` and `mul` may write over an input. */
const x = input("x", [4, 8]);
const ids = input("ids", [6], "int");
const table = input("table", [10, 8]);
const a = softmax(x);
const row = reduceSum(a, [0], true); // [1, 8], 32 bytes
const twice = softmax(softmax(a));

const cases: [string, Record<string, Tensor>, number][] = [
  // a 128, the second 256 and a is freed, the third 256, then 128 + 4
  ["values are freed after their last use", { y: sum(twice) }, 256],
  // a, the second and the third: 384. Then the second is freed and the product lies where the third was
  ["one that is used late is held until then", { y: sum(mul(twice, a)) }, 384],
  // one of 128 for all three, then 128 + 4
  ["a value is written over the one that nobody else needs", { y: sum(exp(neg(a))) }, 132],
  // neg must not write over the feed: 128; exp may write over neg: 128; then 128 + 4
  ["a feed is not written over", { y: sum(exp(neg(x))) }, 132],
  // neg 128 and softmax 128
  ["an operation that reads all of a row writes elsewhere", { y: sum(softmax(neg(x))) }, 256],
  // a 128 + row 32, the sum over a: 160
  ["only one of the same size is written over", { y: sum(add(row, a)) }, 160],
  // a 128 + row 32 + the sum 128, since a is needed once more: 288
  ["and none that is needed once more", { y: sum(mul(add(row, a), a)) }, 288],
  // a 128, the same bytes as a list, its softmax 128; a must not be freed before
  ["another shape is the same memory", { y: sum(softmax(reshape(a, [32]))) }, 256],
  // the list of the feed is the feed's memory; softmax 128 + 4
  ["a feed under another shape is still a feed", { y: sum(softmax(reshape(x, [32]))) }, 132],
  ["constants are the graph's own", { y: sum(mul(x, constant(Array(32).fill(2), [4, 8]))) }, 132],
  // three whole numbers of 8 bytes and three rows of 8 float32: 24 + 96
  ["whole numbers take 8 bytes", { y: sum(gatherRows(table, slice(ids, 0, 0, 3))) }, 120],
  // 128, and its copy
  ["results are copied out at the end", { y: a }, 256],
  // neg can't write over a, which is a result: 256, and copies of both
  ["a result is not written over", { y: a, z: neg(a) }, 512],
  // the result 128, its sum 4, and copies of both
  ["a result is there to the end, though its last use is over", { y: a, z: sum(a) }, 264],
  // a 128 + the second 128 while a small result is all that is copied
  ["a small result after a large pass", { y: sum(softmax(a)) }, 256],
];

test.each(cases)("%s", (_, outputs, bytes) => {
  expect(peakBytes(outputs)).toBe(bytes);
});

test("keys and values of all layers, in float32", () => {
  const shape = { layers: 2, kvHeads: 3, headDim: 4 } as Parameters<typeof cacheBytes>[0];
  // 2 kinds * 4 bytes * 2 layers * 5 slots * 3 heads * 4 values * 6 positions
  expect(cacheBytes(shape, 5, 6)).toBe(5760);
});

test("a policy: weights, what training adds for the trained ones, cache, sessions, and the largest pass with a tenth more", () => {
  const [frozen, trained] = [
    [10, 10],
    [5, 8],
  ].map((shape, i) => ({ name: `w${i}`, shape, init: { kind: "zeros" as const } }));
  const policy = { parameters: [frozen, trained], trained: [trained], halves: new Set() } as unknown as Policy;
  const sampled = { process: 1000, passes: [200, 50], sessions: 7, moments: 0, accumulates: false, snapshots: 0, cache: 30 };
  // 1000 + 4 * (100 + 40) + 30 + 7 + 1.1 * 200
  expect(policyBytes(policy, sampled)).toBeCloseTo(1817, 9);
  // two moments, a gradient and one snapshot of 40 values, 160 bytes each
  expect(policyBytes(policy, { ...sampled, moments: 2, accumulates: true, snapshots: 1 })).toBeCloseTo(1817 + 4 * 160, 9);
  expect(policyBytes(policy, { ...sampled, moments: 2 })).toBeCloseTo(1817 + 2 * 160, 9);
});
