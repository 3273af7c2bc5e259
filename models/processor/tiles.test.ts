import { expect, test } from "vitest";
import type { Picture } from "../../core/types.ts";
import { fitLongestEdge, fitTiles, tilePicture } from "./tiles.ts";

test.each([
  [
    { width: 100, height: 50 },
    { width: 64, height: 32 },
  ],
  [
    { width: 48, height: 64 },
    { width: 48, height: 64 },
  ],
  [
    { width: 30, height: 20 },
    { width: 64, height: 42 },
  ], // 64 / 1.5 = 42.67
  [
    { width: 100, height: 33 },
    { width: 64, height: 22 },
  ], // 64 / 3.0303 = 21.12: 21 is odd
  [
    { width: 1, height: 1000 },
    { width: 1, height: 64 },
  ], // 0.064 is 0, which is even, but no side is below 1
])("%j with a longest edge of 64 is %j", (size, expected) => {
  expect(fitLongestEdge(size, 64)).toEqual(expected);
});

test("no side grows beyond 4096", () => {
  expect(fitLongestEdge({ width: 2, height: 1 }, 10_000)).toEqual({ width: 4096, height: 2048 });
  expect(fitLongestEdge({ width: 1, height: 2 }, 10_000)).toEqual({ width: 2048, height: 4096 });
});

test.each([
  [
    { width: 64, height: 22 },
    { width: 64, height: 32 },
  ],
  [
    { width: 40, height: 64 },
    { width: 64, height: 64 },
  ], // 64 * 0.625 = 40
  [
    { width: 64, height: 64 },
    { width: 64, height: 64 },
  ],
  [
    { width: 33, height: 32 },
    { width: 64, height: 64 },
  ], // 64 / 1.03125 = 62.06
])("%j in tiles of 32 is %j", (size, expected) => {
  expect(fitTiles(size, 32)).toEqual(expected);
});

/** Red is the column, green the row. */
function coordinates(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([x, y, 0], (y * width + x) * 3);
  return { width, height, data };
}

test("tiles come row by row, the whole picture last", () => {
  const { tiles, rows, columns } = tilePicture(coordinates(6, 4), { size: null, tile: 2, split: true, filter: 1 });
  expect([rows, columns, tiles.length]).toEqual([2, 3, 7]);
  // the top left pixel of every tile
  expect(tiles.slice(0, 6).map(({ data }) => [data[0], data[1]])).toEqual([
    [0, 0],
    [2, 0],
    [4, 0],
    [0, 2],
    [2, 2],
    [4, 2],
  ]);
  expect([...tiles[5]!.data]).toEqual([4, 2, 0, 5, 2, 0, 4, 3, 0, 5, 3, 0]);
  expect(tiles[6]).toMatchObject({ width: 2, height: 2 });
});

test("a picture of one tile is not split", () => {
  const picture = coordinates(4, 4);
  const tiling = tilePicture(picture, { size: { longest_edge: 4 }, tile: 4, split: true, filter: 1 });
  expect(tiling).toEqual({ tiles: [picture], rows: 0, columns: 0 });
  expect(tiling.tiles[0]).toBe(picture);
});

test("without splitting the whole picture becomes one tile", () => {
  const { tiles, rows, columns } = tilePicture(coordinates(6, 4), { size: { width: 8, height: 8 }, tile: 4, split: false, filter: 2 });
  expect([rows, columns, tiles.length]).toEqual([0, 0, 1]);
  expect(tiles[0]).toMatchObject({ width: 4, height: 4 });
});
