import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { trajectory } from "./trajectory.ts";

const path = [
  [0, 0],
  [10, 0],
  [20, 0],
];

test.each<[string, object, number]>([
  ["[[0,0],[10,0],[20,0]]", {}, 0],
  ["(0, 10) (10, 10) (20, 10)", {}, 10],
  ["(0, 10) (10, 10) (20, 10)", { metric: "dtw" }, 10], // 30 over 3 points
  ["(20, 0) (10, 0) (0, 0)", {}, 20],
  ["(20, 0) (10, 0) (0, 0)", { metric: "hausdorff" }, 0],
  ["(20, 0) (10, 0) (0, 0)", { metric: "end_point" }, 20],
  ["(20, 0) (10, 0) (0, 0)", { metric: "ade" }, 40 / 3],
  ["(20, 0) (10, 0) (0, 0)", { metric: "rmse" }, Math.sqrt(800 / 3)],
  ["(0, 5) (20, 5)", { metric: "ade" }, 5], // resampled to (0,5), (10,5), (20,5)
])("%j with %j is %f away", async (completion, options, far) => {
  const found = await scored(trajectory, completion, path, { scale: 50, ...options });
  expect(found.metrics.distance).toBeCloseTo(far, 12);
  expect(found.score).toBeCloseTo(1 - far / 50, 12);
});

test.each(["", "[,]", "(NaN, 0)", "(0,0)".repeat(257), "(999, 999)"])("%j is worth nothing", async (completion) => {
  expect((await scored(trajectory, completion, path)).score).toBe(0);
});
