import { expect, test } from "vitest";
import { rewardInput } from "./define.ts";
import { random } from "./random.ts";

function score(completion: string, exampleId = "a", option = 0, seed = 0): number {
  return random.score(rewardInput({ completion, target: undefined, exampleId, seed, options: { seed: option } })) as number;
}

test("the same question gets the same score, any other another", () => {
  expect(score("x")).toBe(score("x"));
  expect(new Set([score("x"), score("y"), score("x", "b"), score("x", "a", 1), score("x", "a", 0, 1)]).size).toBe(5);
});

test("scores are uniform in [0, 1)", () => {
  const scores = Array.from({ length: 4000 }, (_, i) => score(`<answer>${i}</answer>`));
  for (const value of scores) expect(value >= 0 && value < 1).toBe(true);
  // The mean of 4000 uniform numbers has standard deviation 0.29 / 63 = 0.0046; the variance is 1 / 12.
  const mean = scores.reduce((sum, value) => sum + value, 0) / scores.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  const variance = scores.reduce((sum, value) => sum + (value - mean) ** 2, 0) / scores.length;
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.005);
});
