import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { numberMatch } from "./number-match.ts";

const score = (answer: string, target: string | number, options: object = {}) =>
  numberMatch.score(
    rewardInput({ completion: `<answer>${answer}</answer>`, target, options: numberMatch.options!.parse(options) as never }),
  );

test.each<[string, string | number, object, number]>([
  ["015", 15, {}, 1],
  ["15.0", "15", {}, 1],
  ["15.1", 15, {}, 0],
  ["15.1", 15, { absolute: 0.1 }, 1],
  ["15.11", 15, { absolute: 0.1 }, 0],
  ["0.3", 0.1, { absolute: 0.2 }, 1], // 0.3 - 0.1 is 0.19999999999999998
  ["1,234", 1234, {}, 1],
  ["", 0, {}, 0], // a blank is not a zero
  ["NaN", 0, {}, 0],
  ["14 15", 15, {}, 0],
  ["it is 15", 15, {}, 0],
  ["it is 15", 15, { find: "last" }, 1],
  ["50%", 0.5, {}, 1],
  ["50%", 50, {}, 0],
  ["50%", 50, { percent: "as_written" }, 1],
  ["0.5", "50%", {}, 1],
  ["50", "50%", {}, 0],
  ["3 km", "3000 m", {}, 1],
  ["3 km", "3 m", {}, 0],
  ["3 km", "3 kg", {}, 0],
  ["3", "3 km", {}, 1], // a unit on one side only is left out
  ["3", "3 km", { units: "required" }, 0],
  ["3 miles", "3 km", { units: "ignore" }, 1],
  ["3 apples", "3 Apples", {}, 1],
  ["3 apples", "3 pears", {}, 0],
  ["100 °F", "100 °C", {}, 0],
  ["$5", "5 dollars", {}, 1],
])("%j for %j with %j scores %f", (answer, target, options, expected) => {
  expect(score(answer, target, options)).toBe(expected);
});

test("ChartQA: relaxed accuracy", () => {
  const relaxed = { relative: 0.05, text: true };
  expect(score("105", 100, relaxed)).toBe(1); // 5 / 100
  expect(score("95", 100, relaxed)).toBe(1);
  expect(score("105.1", 100, relaxed)).toBe(0);
  expect(score("0.001", 0, relaxed)).toBe(0); // 5 % of nothing
  expect(score(" Blue", "blue", relaxed)).toBe(1);
  expect(score("red", "blue", relaxed)).toBe(0);
  expect(score("", "blue", relaxed)).toBe(0);
  expect(() => score("blue", "blue")).toThrow("no number"); // the recipe must say that texts are meant
});

test("GLM-4.1V-Thinking: charts", () => {
  const chart = { relative: 2.5e-2, floor: 1e-6, years: true };
  expect(score("98", 100, chart)).toBe(1); // 2 / 100
  expect(score("97", 100, chart)).toBe(0); // 3 / 100
  expect(score("1999", 2000, chart)).toBe(0); // 5e-4, but years
  expect(score("1999.5", 2000, chart)).toBe(1); // no year
});

test("GLM-4.1V-Thinking: spatial measures, very lax", () => {
  const spatial = { relative: 0.9, floor: 0.9, near_zero: 0.9 };
  expect(score("5", 40, spatial)).toBe(1); // 35 / 40.9 = 0.856
  expect(score("2", 40, spatial)).toBe(0); // 38 / 40.9 = 0.929
  expect(score("50%", 0.5, spatial)).toBe(1);
  expect(score("1.3", 0.5, spatial)).toBe(1); // |g| < 0.9: 0.8 < 0.9
  expect(score("1.5", 0.5, spatial)).toBe(0); // 1 > 0.9
});

test("GLM-4.1V-Thinking: maths and physics", () => {
  // |3.14159 - 3.1416| / 3.1416 = 3.2e-6
  expect(score("3.14159", "3.1416", { relative: 1e-6, floor: 1e-6 })).toBe(0);
  expect(score("3.14159", "3.1416", { relative: 1e-5, floor: 1e-6 })).toBe(1);
});

test.each([[" "], [Number.NaN], [Number.POSITIVE_INFINITY], [null], [["5"]]])("the target %j is refused", (target) => {
  expect(numberMatch.target.safeParse(target).success).toBe(false);
});
