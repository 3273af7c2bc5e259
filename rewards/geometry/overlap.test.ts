import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { type Box, intersectionOverUnion } from "../box.ts";
import { boxContains, distanceIou, generalizedIou } from "./overlap.ts";

test.each<[Box, Box, number, number]>([
  [[0, 0, 10, 10], [0, 0, 10, 10], 1, 1],
  // overlap 50, union 150, hull 15 * 10 = 150; centers 5 apart, diagonal^2 325
  [[0, 0, 10, 10], [5, 0, 15, 10], 1 / 3, 1 / 3 - 25 / 325],
  // apart: union 2, hull 3 * 1; centers 2 apart, diagonal^2 9 + 1
  [[0, 0, 1, 1], [2, 0, 3, 1], -1 / 3, -4 / 10],
  // union 0.16 + 0.04, hull 0.7^2 = 0.49; centers 0.4 apart in x and y, diagonal^2 0.98
  [[0.3, 0.3, 0.7, 0.7], [0, 0, 0.2, 0.2], -(0.49 - 0.2) / 0.49, -0.32 / 0.98],
])("%j and %j: GIoU %f, DIoU %f", (a, b, giou, diou) => {
  expect(generalizedIou(a, b)).toBeCloseTo(giou, 12);
  expect(distanceIou(a, b)).toBeCloseTo(diou, 12);
});

test("symmetric, within [-1, 1], at most the IoU, and the same wherever and however large the pair is", () => {
  const random = new Random(4);
  const box = (): Box => {
    const [x, y] = [random.uniform() * 20, random.uniform() * 20];
    return [x, y, x + 0.1 + random.uniform() * 20, y + 0.1 + random.uniform() * 20];
  };
  for (let i = 0; i < 500; i++) {
    const [a, b] = [box(), box()];
    const [scale, dx, dy] = [0.1 + random.uniform() * 9, random.uniform() * 100 - 50, random.uniform() * 100 - 50];
    const moved = ([x1, y1, x2, y2]: Box): Box => [x1 * scale + dx, y1 * scale + dy, x2 * scale + dx, y2 * scale + dy];
    for (const overlap of [intersectionOverUnion, generalizedIou, distanceIou]) {
      const value = overlap(a, b);
      expect(overlap(b, a)).toBeCloseTo(value, 12);
      expect(overlap(moved(a), moved(b))).toBeCloseTo(value, 9);
      expect(value).toBeGreaterThanOrEqual(-1);
      expect(value).toBeLessThanOrEqual(intersectionOverUnion(a, b) + 1e-12);
    }
  }
});

test("a box holds its edges", () => {
  expect(boxContains([0, 0, 10, 10], [10, 0])).toBe(true);
  expect(boxContains([0, 0, 10, 10], [10.01, 0])).toBe(false);
  expect(boxContains([0, 0, 10, 10], [Number.NaN, 0])).toBe(false);
});
