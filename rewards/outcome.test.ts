import { expect, test } from "vitest";
import { toOutcome } from "./outcome.ts";

test.each([
  [0.5, { kind: "score", score: 0.5 }],
  [-3, { kind: "score", score: -3 }],
  [null, { kind: "not_applicable" }],
  [{ score: 1 }, { kind: "score", score: 1 }],
  [
    { score: 1, metrics: { a: 2 } },
    { kind: "score", score: 1, metrics: { a: 2 } },
  ],
  [Number.NaN, { kind: "error", message: "returned NaN" }],
  [Number.NEGATIVE_INFINITY, { kind: "error", message: "returned -Infinity" }],
  [
    { score: Number.NaN, metrics: {} },
    { kind: "error", message: "returned NaN" },
  ],
  ["0.5", { kind: "error", message: 'returned "0.5"; expected a number, null or { score, metrics }' }],
  [undefined, { kind: "error", message: "returned undefined; expected a number, null or { score, metrics }" }],
  [true, { kind: "error", message: "returned true; expected a number, null or { score, metrics }" }],
  [[1], { kind: "error", message: "returned an array; expected a number, null or { score, metrics }" }],
  [{ value: 1 }, { kind: "error", message: "returned an object with keys [value]; expected a number, null or { score, metrics }" }],
  [
    { score: 1, metrics: { a: "2" } },
    { kind: "error", message: 'returned metrics.a = "2"; expected a finite number' },
  ],
  [
    { score: 1, metrics: { a: Number.NaN } },
    { kind: "error", message: "returned metrics.a = NaN; expected a finite number" },
  ],
  [
    { score: 1, metrics: null },
    { kind: "error", message: "returned metrics null; expected an object of numbers" },
  ],
])("%j", (returned, expected) => {
  expect(toOutcome(returned)).toEqual(expected);
});

test("rounding past an end of the range is the end, more is an error", () => {
  expect(toOutcome(0.1 + 0.2 + 0.7 + 2 ** -50, [0, 1])).toEqual({ kind: "score", score: 1 });
  expect(toOutcome(-(2 ** -60), [0, 1])).toEqual({ kind: "score", score: 0 });
  expect(toOutcome(1.000001, [0, 1])).toEqual({ kind: "error", message: "returned 1.000001, outside of its range [0, 1]" });
});
