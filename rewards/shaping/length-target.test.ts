import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { lengthTarget } from "./length-target.ts";

const at = (tokens: number, options: object) =>
  lengthTarget.score(rewardInput({ completion: "", tokens, target: 1000, options: lengthTarget.options!.parse(options) }));

test.each([
  [1000, 0, 0.5],
  [800, -0.06, 0.56], // 200 tokens off: 200 * 0.0003 = 0.06
  [1200, -0.06, 0.44],
  [3000, -0.6, 0], // 0.5 - 0.6 is clipped
  [0, -0.3, 0.8],
])("%i tokens of 1000", (tokens, exact, max) => {
  expect(at(tokens, {})).toBeCloseTo(exact, 12);
  expect(at(tokens, { form: "max" })).toBeCloseTo(max, 12);
});

test("no more than 1", () => expect(at(0, { form: "max", alpha: 0.01 })).toBe(1)); // 10.5

test.each([0, -1, 1.5, "1000", undefined])("target %j is refused", (target) => {
  expect(lengthTarget.target.safeParse(target).success).toBe(false);
});
