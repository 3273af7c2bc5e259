import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { gatedLength } from "./gated-length.ts";

const GATE = "A Complex Scenario";
const slow = (chars: number) => GATE.padEnd(chars, ".");
const score = (completion: string, options: object = {}, tokens = 0) =>
  gatedLength.score(rewardInput({ completion, tokens, target: undefined, options: gatedLength.options!.parse(options) })) as number;

// AutoVLA, acceptance 1: a driving score of 0.9, weight 0.3
test.each([
  ["fast output", ".".repeat(1400), 0.9, 1e-12],
  ["slow, 400 characters", slow(400), 0.75, 1e-12], // 0.9 - 0.3 / 2
  ["slow, 1400 characters", slow(1400), 0.6358, 5e-5], // sigmoid(2) = 0.8808, to the card's four digits
  ["slow, 100 characters", slow(100), 0.7937, 5e-5], // sigmoid(-0.6) = 0.3543
])("%s", (_, completion, expected, tolerance) => {
  const reward = 0.9 + 0.3 * score(completion);
  expect(Math.abs(reward - expected)).toBeLessThanOrEqual(tolerance);
  expect(Math.abs(10 * reward - 10 * expected)).toBeLessThanOrEqual(10 * tolerance); // the scale of 10
});

test("units", () => {
  expect(score("complex scenario two three", { unit: "words", center: 4 })).toBe(-0.5);
  expect(score(GATE, { unit: "tokens", center: 7 }, 7)).toBe(-0.5);
  expect(score("\u{1d7db}", { gate: "", center: 1 })).toBe(-0.5); // one character, two UTF-16 units
});

test("far ends stay in range", () => {
  expect(score(slow(1e6))).toBe(-1);
  expect(score(GATE, { center: 1e9 })).toBeCloseTo(0, 12);
});

test.each([{ coef: 0 }, { unit: "lines" }, { centre: 1 }])("%j is refused", (options) => {
  expect(gatedLength.options!.safeParse(options).success).toBe(false);
});
