import { expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { type Glyph, resample, scaleGlyph, trimGlyph, VISIBLE } from "./glyph.ts";

const glyph = (width: number, ...data: number[]): Glyph => ({ width, height: data.length / width, data: Uint8Array.from(data) });

test("trimming drops faint ink and the empty rows and columns around the rest", () => {
  const scan = glyph(4, 31, 0, 0, 0, 0, 32, 5, 0, 0, 0, 200, 0, 0, 0, 0, 9);
  expect(trimGlyph(scan)).toEqual(glyph(2, 32, 0, 0, 200));
});

test("a scan without visible ink is refused", () => {
  expect(() => trimGlyph(glyph(2, 31, 0, 0, 31))).toThrow("no visible ink in 2x2 pixels");
});

test("shrinking takes the mean over the area that a pixel covers", () => {
  // 3 wide to 2: each covers 1.5 pixels, (60 + 90 / 2) / 1.5 = 70 and (90 / 2 + 30) / 1.5 = 50
  expect(resample(glyph(3, 60, 90, 30), 2, 1)).toEqual(glyph(2, 70, 50));
  // 2x2 to 1x1: the mean of 0, 100, 200 and 40
  expect(resample(glyph(2, 0, 100, 200, 40), 1, 1)).toEqual(glyph(1, 85));
});

test("growing is linear between pixel centres", () => {
  // centres of the four at -0.25 (clamped to 0), 0.25, 0.75 and 1.25 (clamped to 1) of the two
  expect(resample(glyph(2, 100, 200), 4, 1)).toEqual(glyph(4, 100, 125, 175, 200));
  expect(resample(glyph(1, 77), 1, 3)).toEqual(glyph(1, 77, 77, 77));
});

test("an even grey stays that grey at any size", () => {
  const even = { width: 7, height: 5, data: new Uint8Array(35).fill(123) };
  for (const [width, height] of [
    [1, 1],
    [3, 4],
    [7, 5],
    [12, 9],
  ] as const) {
    expect(new Set(resample(even, width, height).data)).toEqual(new Set([123]));
  }
});

test("scaling keeps the aspect: 20x10 of full ink to a longer side of 12 is 12x6", () => {
  const full = { width: 20, height: 10, data: new Uint8Array(200).fill(255) };
  expect(scaleGlyph(full, 12)).toEqual({ width: 12, height: 6, data: new Uint8Array(72).fill(255) });
});

test("a scaled glyph is never larger than asked, holds visible ink only and touches every side", () => {
  const random = Random.of(3);
  for (let i = 0; i < 200; i++) {
    const data = Uint8Array.from({ length: 20 * 20 }, () => (random.uniform() < 0.3 ? random.integer(100, 255) : 0));
    const size = random.integer(6, 30);
    const scaled = scaleGlyph(trimGlyph({ width: 20, height: 20, data }), size);
    expect(Math.max(scaled.width, scaled.height)).toBeLessThanOrEqual(size);
    expect(scaled.data.every((ink) => ink === 0 || ink >= VISIBLE)).toBe(true);
    expect(trimGlyph(scaled)).toEqual(scaled);
  }
});
