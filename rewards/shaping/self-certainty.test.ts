import { expect, test } from "vitest";
import { selfCertainty } from "./self-certainty.ts";

const logs = (...p: number[]) => p.map(Math.log);

// Shop-R1, acceptance 4. KL = ln 4 + 0.7 ln 0.7 + 3 * 0.1 ln 0.1 = 1.386294 - 0.249672 - 0.690776 = 0.44585, a quarter of which is 0.11146
test.each([
  [[logs(0.7, 0.1, 0.1, 0.1)], 0.11146, 1e-5],
  [[logs(0.25, 0.25, 0.25, 0.25)], 0, 1e-12],
  [[logs(1, 0, 0, 0)], Math.log(4) / 4, 1e-12], // 0.34657
  [[logs(1, 0, 0, 0), logs(0.25, 0.25, 0.25, 0.25)], Math.log(4) / 8, 1e-12],
  [[], 0, 0],
])("%j is %f", (logprobs, expected, tolerance) => {
  expect(Math.abs(selfCertainty(logprobs) - expected)).toBeLessThanOrEqual(tolerance);
});

test("the term that enters the reward", () => {
  expect(0.005 * selfCertainty([logs(0.7, 0.1, 0.1, 0.1)])).toBeCloseTo(0.000557, 6);
});
