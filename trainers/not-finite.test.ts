import { expect, test } from "vitest";
import type { LossSpec, TrainRow } from "../engines/engine.ts";
import { skippedUpdate } from "./not-finite.ts";

const SPEC: LossSpec = { name: "cross_entropy", options: {}, temperature: 1 };
const row = (lengths: number[]): TrainRow => ({
  prompt: { tokens: Int32Array.of(1), pixels: null },
  completions: lengths.map((length) => ({ tokens: new Int32Array(length), fields: {} })),
});
const said = (rows: TrainRow[], normOf: (tokens: number) => number) =>
  skippedUpdate(
    { gradientNorms: async (alone) => alone.map(({ completions }) => normOf(completions[0]!.tokens.length)) },
    rows,
    SPEC,
    (r, m) => `${r}/${m}`,
  );

test("every completion is looked at alone, and the guilty ones are named", async () => {
  const broken = [2, 5];
  expect(await said([row([1, 2, 3]), row([4, 5])], (length) => (broken.includes(length) ? Number.NaN : 1))).toBe(
    "the gradient is not finite, the update was skipped; it is that of 0/1, 1/1",
  );
});

test("a few of many, and none where only their sum is too large", async () => {
  const many = Array.from({ length: 10 }, () => row([1]));
  expect(await said(many, () => Number.POSITIVE_INFINITY)).toContain("it is that of 0/0, 1/0, 2/0, 3/0, 4/0, 5/0, 6/0, 7/0 and 2 more");
  expect(await said(many, () => 1e30)).toContain("none of its rows has such a gradient alone");
});
