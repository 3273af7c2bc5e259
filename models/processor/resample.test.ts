import { expect, test } from "vitest";
import type { Picture } from "../../core/types.ts";
import { type Resample, resample } from "./resample.ts";

/** One row of grey pixels. */
function row(levels: number[]): Picture {
  return { width: levels.length, height: 1, data: Uint8Array.from(levels.flatMap((level) => [level, level, level])) };
}

const levels = (picture: Picture): number[] => [...picture.data].filter((_, i) => i % 3 === 0);

test("a triangle filter halves four pixels", () => {
  // Twice as wide when halving: output 0 lies at 1 and takes pixels 0, 1, 2 with 0.75, 0.75, 0.25 of 1.75; output 1 mirrors it.
  expect(levels(resample(row([0, 70, 140, 210]), 2, 1, 2))).toEqual([(70 * 3 + 140) / 7, (70 + 140 * 3 + 210 * 3) / 7]);
});

test("a triangle filter doubles two pixels", () => {
  // Output centres at 0.25, 0.75, 1.25, 1.75 between pixel centres 0.5 and 1.5.
  expect(levels(resample(row([0, 200]), 4, 1, 2))).toEqual([0, 50, 150, 200]);
});

test("cubic weights at a quarter of the way", () => {
  // At 1.75, between pixels 1 (distance 0.25) and 2 (0.75): 1.5 x^3 - 2.5 x^2 + 1 = 0.8671875 and 0.2265625; pixel 0 is at 1.25:
  // -0.5 x^3 + 2.5 x^2 - 4 x + 2 = -0.0703125, pixel 3 at 1.75: -0.0234375. 100 in pixel 1 alone gives 86.7.
  expect(levels(resample(row([0, 100, 0, 0]), 8, 1, 3))[3]).toBe(87);
  expect(levels(resample(row([0, 0, 100, 0]), 8, 1, 3))[3]).toBe(23);
  // Negative sums are cut at 0, sums above 255 at 255: 255 * (0.8671875 + 0.2265625) = 278.9
  expect(levels(resample(row([100, 0, 0, 0]), 8, 1, 3))[3]).toBe(0);
  expect(levels(resample(row([0, 255, 255, 0]), 8, 1, 3))[3]).toBe(255);
});

test.each<Resample>([1, 2, 3])("filter %d leaves an even picture even, whatever the size", (filter) => {
  const grey: Picture = { width: 7, height: 5, data: new Uint8Array(7 * 5 * 3).fill(93) };
  for (const [width, height] of [
    [3, 11],
    [7, 2],
    [20, 1],
  ] as const) {
    const resized = resample(grey, width, height, filter);
    expect(resized).toEqual({ width, height, data: new Uint8Array(width * height * 3).fill(93) });
  }
});

test("rows and columns are treated alike", () => {
  const wide = resample(row([9, 250, 31, 77, 120]), 3, 1, 1);
  const tall = resample({ ...row([9, 250, 31, 77, 120]), width: 1, height: 5 }, 1, 3, 1);
  expect(tall.data).toEqual(wide.data);
});

test("a picture of the right size is left alone", () => {
  const picture = row([1, 2, 3]);
  expect(resample(picture, 3, 1, 1)).toBe(picture);
});
