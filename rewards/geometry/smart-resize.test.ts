import { expect, test } from "vitest";
import { roundHalfEven, smartResize } from "./smart-resize.ts";

const artemis = { factor: 28, min_pixels: 3136, max_pixels: 1_003_520, shrink: "floor" } as const;
const ergo = { factor: 28, min_pixels: 4 * 784, max_pixels: 640 * 784, shrink: "round" } as const;

test.each([
  [2.5, 2], // 70 / 28: half-up would give 3, a side of 84
  [3.5, 4],
  [0.5, 0],
  [2.4999, 2],
  [-2.5, -2],
])("%f rounds to %i", (value, expected) => {
  expect(roundHalfEven(value)).toBe(expected);
});

test.each([
  [640, 480, 644, 476], // 22.86 and 17.14 blocks
  [70, 70, 56, 56], // 2.5 blocks round to 2
  [20, 30, 56, 84], // 784 pixels are too few: times sqrt(3136 / 600) is 1.63 and 2.45 blocks, rounded up
  [4000, 3000, 1148, 840], // sqrt(12e6 / 1003520) = 3.458: 41.3 and 30.98 blocks, rounded down to 41 and 30
])("%i x %i is seen as %i x %i", (width, height, w, h) => {
  expect(smartResize({ width, height }, artemis)).toEqual({ width: w, height: h });
});

// Artemis and ERGO state these sizes as (height, width).
test.each([
  [1500, 2000, 616, 812],
  [1080, 1920, 532, 952],
  [300, 400, 308, 392],
  [20, 30, 56, 84],
])("ERGO, 640 tokens: height %i and width %i become %i and %i", (height, width, h, w) => {
  expect(smartResize({ width, height }, ergo)).toEqual({ width: w, height: h });
});

test("rounding instead of flooring may exceed the cap: 532 x 952 are 646 tokens", () => {
  expect((532 * 952) / 784).toBe(646);
});

test("a picture 201 times as long as wide has no size", () => {
  expect(smartResize({ width: 201, height: 1 }, artemis)).toBeNull();
  expect(smartResize({ width: 200, height: 1 }, artemis)).not.toBeNull();
  expect(smartResize({ width: 0, height: 1 }, artemis)).toBeNull();
});
