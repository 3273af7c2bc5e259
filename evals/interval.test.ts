import { expect, test } from "vitest";
import { wilsonInterval } from "./interval.ts";

// z^2 = 3.841458821
test.each([
  // center (0.5 + 0.19207294) / 1.38414588 = 0.5; half 1.959963985 / 1.38414588 * sqrt(0.025 + 0.0096036471) = 0.2634069
  [5, 10, 0.2365931, 0.7634069],
  // from 0 to z^2 / n / (1 + z^2 / n) = 0.3841458821 / 1.3841458821
  [0, 10, 0, 0.2775328],
  [10, 10, 0.7224672, 1],
  // center (0.85 + 0.0019207294) / 1.0038414588 = 0.8486606; half 1.9524638 * sqrt(0.0001275 + 9.603647e-7) = 0.0221293
  [850, 1000, 0.8265313, 0.8707899],
  [0, 0, 0, 1],
])("%i of %i: [%d, %d]", (successes, n, low, high) => {
  const interval = wilsonInterval(successes, n);
  expect(interval.low).toBeCloseTo(low, 6);
  expect(interval.high).toBeCloseTo(high, 6);
});

test("it holds the share, lies in [0, 1] and mirrors", () => {
  for (let n = 1; n <= 40; n++) {
    for (let k = 0; k <= n; k++) {
      const { low, high } = wilsonInterval(k, n);
      const mirrored = wilsonInterval(n - k, n);
      expect(low >= 0 && low <= k / n && k / n <= high && high <= 1).toBe(true);
      expect(low).toBeCloseTo(1 - mirrored.high, 12);
    }
  }
});

test("more successes than tries are a bug", () => {
  expect(() => wilsonInterval(3, 2)).toThrow("3 successes in 2 tries");
});
