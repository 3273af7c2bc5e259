import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { Point } from "./coordinates.ts";
import {
  discreteFrechet,
  distance,
  endPointDistance,
  hausdorff,
  meanDisplacement,
  resample,
  rootMeanSquare,
  timeWarping,
} from "./curves.ts";

const frechet = (p: Point[], q: Point[]) => discreteFrechet(p, q, (i, j) => distance(p[i]!, q[j]!));
const line: Point[] = [
  [0, 0],
  [1, 0],
  [2, 0],
];

test.each<[string, Point[], number, number, number, number, number]>([
  ["the same", line, 0, 0, 0, 0, 0],
  [
    "one up",
    [
      [0, 1],
      [1, 1],
      [2, 1],
    ],
    1,
    3,
    1,
    1,
    1,
  ],
  // backwards: ends 2 apart. Warping: 2, then (1, 0, 1) along the middle, then 2: the cheapest walk is 2 + 0 + 2
  [
    "backwards",
    [
      [2, 0],
      [1, 0],
      [0, 0],
    ],
    2,
    4,
    0,
    2,
    Math.sqrt(8 / 3),
  ],
  // (0,0)-(0,0), (1,0)-(0,0), (2,0)-(2,0): the middle is 1 from either end
  [
    "without its middle",
    [
      [0, 0],
      [2, 0],
    ],
    1,
    1,
    1,
    0,
    0,
  ],
])("%s", (_, other, leash, warped, far, end, rms) => {
  expect(frechet(other, line)).toBeCloseTo(leash, 12);
  expect(timeWarping(other, line)).toBeCloseTo(warped, 12);
  expect(hausdorff(other, line)).toBeCloseTo(far, 12);
  expect(endPointDistance(other, line)).toBeCloseTo(end, 12);
  expect(rootMeanSquare(other, line)).toBeCloseTo(rms, 12);
});

test("VLA-R1: a path shifted by 100 is 100 away by every measure", () => {
  const path: Point[] = [
    [100, 100],
    [300, 100],
    [500, 100],
  ];
  const shifted = path.map(([x, y]): Point => [x, y + 100]);
  for (const measure of [frechet, hausdorff, rootMeanSquare, meanDisplacement]) expect(measure(shifted, path)).toBeCloseTo(100, 9);
});

/** The definition: the smallest over all walks of the largest cost on the way. */
function bruteForce(p: Point[], q: Point[], join: (a: number, b: number) => number, i = 0, j = 0): number {
  const here = distance(p[i]!, q[j]!);
  const on: number[] = [];
  if (i + 1 < p.length) on.push(bruteForce(p, q, join, i + 1, j));
  if (j + 1 < q.length) on.push(bruteForce(p, q, join, i, j + 1));
  if (i + 1 < p.length && j + 1 < q.length) on.push(bruteForce(p, q, join, i + 1, j + 1));
  return on.length === 0 ? here : join(here, Math.min(...on));
}

test("Fréchet and warping agree with trying every walk; Fréchet is symmetric and at least Hausdorff", () => {
  const random = new Random(6);
  const curve = () => Array.from({ length: random.integer(1, 6) }, (): Point => [random.uniform(), random.uniform()]);
  for (let i = 0; i < 200; i++) {
    const [p, q] = [curve(), curve()];
    expect(frechet(p, q)).toBeCloseTo(bruteForce(p, q, Math.max), 12);
    expect(timeWarping(p, q)).toBeCloseTo(
      bruteForce(p, q, (a, b) => a + b),
      12,
    );
    expect(frechet(q, p)).toBeCloseTo(frechet(p, q), 12);
    expect(frechet(p, q)).toBeGreaterThanOrEqual(hausdorff(p, q) - 1e-12);
  }
});

test("resampling goes by length", () => {
  expect(
    resample(
      [
        [0, 0],
        [1, 0],
        [4, 0],
      ],
      5,
    ),
  ).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
  ]);
  expect(resample([[1, 2]], 3)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(
    resample(
      [
        [1, 2],
        [1, 2],
      ],
      2,
    ),
  ).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(
    resample(
      [
        [0, 0],
        [2, 0],
      ],
      1,
    ),
  ).toEqual([[0, 0]]);
});
