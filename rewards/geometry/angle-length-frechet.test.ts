import { expect, test } from "vitest";
import { angleLengthFrechet, largestDistance } from "./angle-length-frechet.ts";
import type { Point } from "./coordinates.ts";

const weights = { lambda_theta: 0.25, lambda_ratio: 0.1 };
const path: Point[] = [
  [0.1, 0.1],
  [0.3, 0.1],
  [0.5, 0.1],
];

test("the divisor is 2.42987", () => {
  expect(largestDistance(weights)).toBeCloseTo(2.42987, 4); // sqrt 2 + pi / 4 + ln(10) / 10 = 1.41421 + 0.78540 + 0.23026
});

test.each<[string, Point[], number]>([
  ["the same", path, 0],
  ["0.1 lower", path.map(([x, y]) => [x, y + 0.1]), 0.1],
  ["backwards", [...path].reverse(), 0.4 + 0.25 * Math.PI],
  // one leg of 0.4 against legs of 0.2: the middle is 0.2 from either end, with ln 2 of length
  [
    "two points",
    [
      [0.1, 0.1],
      [0.5, 0.1],
    ],
    0.2 + 0.1 * Math.log(2),
  ],
])("%s", (_, other, expected) => {
  expect(angleLengthFrechet(other, path, weights)).toBeCloseTo(expected, 12);
});

test("a point has no direction, and its length is next to nothing", () => {
  // |ln(1e-12 / (0.2 + 1e-12))| = 26.02
  expect(angleLengthFrechet([[0.1, 0.1]], path, weights)).toBeCloseTo(0.4 + 0.1 * Math.log(0.2 / 1e-12), 6);
  expect(angleLengthFrechet([[0.1, 0.1]], [[0.1, 0.1]], weights)).toBe(0);
});

test("there and back: where directions cancel the first one holds", () => {
  // middle of the first turns right round: its direction is the first segment's, 90 degrees off the other's
  const back: Point[] = [
    [0, 0],
    [1, 0],
    [0, 0],
  ];
  const up: Point[] = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  // ends: last points (0,0) and (1,1), sqrt 2 apart, directions (-1,0) and (0,1) at 90 degrees
  expect(angleLengthFrechet(back, up, weights)).toBeCloseTo(Math.SQRT2 + (0.25 * Math.PI) / 2, 12);
});
