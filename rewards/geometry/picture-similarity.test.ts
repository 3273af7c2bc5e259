import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { Picture } from "../../core/types.ts";
import { histogramSimilarity, pixelSimilarity, shrunk, structuralSimilarity } from "./picture-similarity.ts";

const gray = (width: number, height: number, level: (i: number) => number): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => level(Math.floor(i / 3))),
});
const noise = (random: Random, width: number, height: number): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 255)),
});

test("RRVF: 4 of 16 cells wrong are 0.75", () => {
  expect(
    pixelSimilarity(
      gray(4, 4, () => 0),
      gray(4, 4, (i) => (i < 4 ? 255 : 0)),
    ),
  ).toBeCloseTo(0.75, 12);
});

test("SSIM of two even pictures is that of their luminances", () => {
  // no variance: (2 * 100 * 150 + C1) / (100^2 + 150^2 + C1), C1 = 2.55^2 = 6.5025
  expect(
    structuralSimilarity(
      gray(20, 20, () => 100),
      gray(20, 20, () => 150),
    ),
  ).toBeCloseTo((30000 + 6.5025) / (32500 + 6.5025), 9);
});

test("SSIM of a picture and its negative is below 0", () => {
  const board = gray(32, 32, (i) => ((i + Math.floor(i / 32)) % 2 === 0 ? 255 : 0));
  const negative = { ...board, data: board.data.map((level) => 255 - level) };
  expect(structuralSimilarity(board, negative)).toBeLessThan(-0.9);
});

test("SSIM agrees with its definition, window by window", () => {
  const random = new Random(11);
  const [a, b] = [noise(random, 14, 12), noise(random, 14, 12)];
  const luma = ({ data }: Picture, i: number) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!;
  const weight = (x: number, y: number) => Math.exp(-((x - 5) ** 2 + (y - 5) ** 2) / (2 * 1.5 ** 2));
  let total = 0;
  for (let top = 0; top < 2; top++) {
    for (let left = 0; left < 4; left++) {
      let [sum, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
      for (let dy = 0; dy < 11; dy++) {
        for (let dx = 0; dx < 11; dx++) {
          const [w, at] = [weight(dx, dy), (top + dy) * 14 + left + dx];
          const [p, q] = [luma(a, at), luma(b, at)];
          [sum, x, y, xx, yy, xy] = [sum + w, x + w * p, y + w * q, xx + w * p * p, yy + w * q * q, xy + w * p * q];
        }
      }
      const [mx, my] = [x / sum, y / sum];
      const [vx, vy, cov] = [xx / sum - mx * mx, yy / sum - my * my, xy / sum - mx * my];
      total += ((2 * mx * my + 6.5025) * (2 * cov + 58.5225)) / ((mx * mx + my * my + 6.5025) * (vx + vy + 58.5225));
    }
  }
  expect(structuralSimilarity(a, b)).toBeCloseTo(total / 8, 9);
});

test("the same picture is 1 by every measure, and all are symmetric", () => {
  const random = new Random(12);
  for (const [width, height] of [
    [16, 16],
    [5, 30],
    [1, 1],
  ] as const) {
    const [a, b] = [noise(random, width, height), noise(random, width, height)];
    for (const measure of [structuralSimilarity, pixelSimilarity, histogramSimilarity]) {
      expect(measure(a, a)).toBeCloseTo(1, 9);
      expect(measure(a, b)).toBeCloseTo(measure(b, a), 9);
    }
  }
});

test("histograms share what they share, wherever it is", () => {
  const left = gray(4, 4, (i) => (i % 4 < 2 ? 255 : 0));
  const right = gray(4, 4, (i) => (i % 4 < 2 ? 0 : 255));
  expect(histogramSimilarity(left, right)).toBeCloseTo(1, 12);
  expect(
    histogramSimilarity(
      left,
      gray(4, 4, () => 0),
    ),
  ).toBeCloseTo(1 / 2, 12);
  expect(
    histogramSimilarity(
      gray(2, 2, () => 0),
      gray(2, 2, () => 31),
    ),
  ).toBeCloseTo(1, 12); // one bin is 32 levels
  expect(
    histogramSimilarity(
      gray(2, 2, () => 0),
      gray(2, 2, () => 32),
    ),
  ).toBe(0);
});

test("shrinking takes means of areas", () => {
  expect([
    ...shrunk(
      gray(4, 1, (i) => [0, 100, 200, 40][i]!),
      2,
      1,
    ).data,
  ]).toEqual([50, 50, 50, 120, 120, 120]);
  // 3 to 2: each new pixel is one and a half old ones
  expect([
    ...shrunk(
      gray(3, 1, (i) => [0, 90, 240][i]!),
      2,
      1,
    ).data,
  ]).toEqual([30, 30, 30, 190, 190, 190]);
});
