import { expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { apart, type Box, gridCell, scatter, scatterInGrid } from "./place.ts";

test.each<[Box, Box, boolean]>([
  [[0, 0, 4, 4], [5, 0, 8, 4], true], // column 4 lies between them
  [[0, 0, 4, 4], [4, 0, 8, 4], false], // they touch
  [[0, 0, 4, 4], [0, 5, 4, 8], true],
  [[0, 0, 4, 4], [3, 3, 6, 6], false],
  [[1, 1, 2, 2], [0, 0, 9, 9], false], // one inside the other
])("boxes %j and %j are apart: %s", (a, b, expected) => {
  expect(apart(a, b)).toBe(expected);
  expect(apart(b, a)).toBe(expected);
});

test.each([
  [2, 32, 15, 32], // two columns and a pixel between them: (32 - 1) / 2
  [3, 32, 15, 15],
  [4, 32, 15, 15],
  [5, 32, 10, 15], // three columns, two rows: (32 - 2) / 3
  [9, 32, 10, 10],
])("%i cells on a canvas of %i are %ix%i", (count, canvas, width, height) => {
  expect(gridCell(count, canvas)).toEqual({ width, height });
});

test("scattered boxes are apart and inside the canvas, with and without a grid", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = Random.of(seed);
    const count = random.integer(2, 9);
    const cell = gridCell(count, 40);
    const extents = Array.from({ length: count }, () => ({ width: random.integer(1, cell.width), height: random.integer(1, cell.height) }));
    const boxes = scatter(extents, 40, random) ?? scatterInGrid(extents, 40, random);
    const gridded = scatterInGrid(extents, 40, random);
    for (const list of [boxes, gridded]) {
      list.forEach(([x1, y1, x2, y2], k) => {
        expect([x2 - x1, y2 - y1]).toEqual([extents[k]!.width, extents[k]!.height]);
        expect(Math.min(x1, y1) >= 0 && Math.max(x2, y2) <= 40).toBe(true);
        for (const other of list.slice(k + 1)) expect(apart([x1, y1, x2, y2], other)).toBe(true);
      });
    }
  }
});

test("there is no room for two boxes of 16 on a canvas of 32, and looking for it ends", () => {
  const extent = { width: 16, height: 16 }; // 16 + 1 + 16 = 33
  expect(scatter([extent, extent], 32, Random.of(0))).toBe(null);
});
