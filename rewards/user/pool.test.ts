import { expect, test } from "vitest";
import { poolSize } from "./pool.ts";

test.each([
  [1, 2],
  [2, 2],
  [6, 6],
  [8, 8],
  [64, 8],
])("%i cores: %i threads", (cores, threads) => {
  expect(poolSize(cores)).toBe(threads);
});
