import { expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { Box, intersectionOverUnion } from "./box.ts";

test.each<[Box, Box, number]>([
  [[0, 0, 10, 10], [0, 0, 10, 10], 1],
  [[0, 0, 10, 10], [5, 0, 15, 10], 50 / 150], // overlap 5 * 10, union 100 + 100 - 50
  [[0, 0, 10, 10], [2, 2, 4, 7], 10 / 100], // inside: 2 * 5 of 100
  [[0, 0, 10, 10], [10, 0, 20, 10], 0], // they only touch
  [[0, 0, 10, 10], [30, 30, 31, 31], 0],
  [[-5, -5, 5, 5], [0, 0, 5, 5], 25 / 100],
])("%j and %j overlap by %f", (a, b, expected) => {
  expect(intersectionOverUnion(a, b)).toBeCloseTo(expected, 12);
});

test("overlap is symmetric and within [0, 1]", () => {
  const random = new Random(1);
  const box = (): Box => {
    const [x, y] = [random.uniform() * 20, random.uniform() * 20];
    return [x, y, x + 0.1 + random.uniform() * 20, y + 0.1 + random.uniform() * 20];
  };
  for (let i = 0; i < 500; i++) {
    const [a, b] = [box(), box()];
    const overlap = intersectionOverUnion(a, b);
    expect(overlap).toBe(intersectionOverUnion(b, a));
    expect(overlap).toBeGreaterThanOrEqual(0);
    expect(overlap).toBeLessThanOrEqual(1);
  }
});

test("a box has four numbers and its corners in order", () => {
  const message = (value: unknown) => Box.safeParse(value).error?.issues[0]?.message;
  expect(message([0, 0, 1, 1])).toBeUndefined();
  expect(message([1, 0, 0, 1])).toBe("expected x2 > x1 and y2 > y1");
  expect(message([0, 0, 1])).toBe("expected four numbers: x1, y1, x2, y2");
});
