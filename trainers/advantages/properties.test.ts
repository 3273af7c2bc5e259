import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { sampleStd } from "./define.ts";
import { groupRelative } from "./group-mean.ts";

test.each(["group", "batch", "none"] as const)("with scale %s a group's advantages sum to 0 and rank as its rewards do", (scale) => {
  const random = new Random(9);
  const rewards = Array.from({ length: 6 }, () => Array.from({ length: 8 }, () => random.uniform()));
  groupRelative(rewards, { scale_rewards: scale }).forEach((advantages, g) => {
    // float64 sums of eight numbers of size 1
    expect(advantages.reduce((sum, a) => sum + a, 0)).toBeCloseTo(0, 12);
    const order = (values: number[]) => values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
    expect(order(advantages)).toEqual(order(rewards[g]!));
  });
});

test("sampleStd has Bessel's correction", () => {
  expect(sampleStd([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
  expect(sampleStd([3])).toBe(0);
});
