import { expect, test } from "vitest";
import { levelTable } from "./levels.ts";
import { patchPixels, smartResize } from "./qwen-pictures.ts";

const free = { min: 1, max: 1e9 };
const qwen2 = { min: 3136, max: 1_003_520 }; // 4 and 1280 blocks of 28 x 28

// Width, height, block, bounds; the expected width and height.
test.each<[number, number, number, { min: number; max: number }, number, number]>([
  [56, 84, 28, free, 56, 84],
  [41, 43, 28, free, 28, 56], // 1.464 and 1.536 blocks
  // Halves go to the even neighbour: 1.5 to 2, 2.5 to 2, 3.5 to 4, 4.5 to 4.
  [42, 70, 28, free, 56, 56],
  [98, 126, 28, free, 112, 112],
  // 1988 x 1008 = 2 003 904: shrink by sqrt(2 000 000 / 1 003 520) = 1.41173 to 1416.7 x 708.3, which is 50.6 x 25.3 blocks.
  [2000, 1000, 28, qwen2, 1400, 700],
  // Exactly the most stays: 1280 blocks of 28 x 28 are 40 x 32.
  [1120, 896, 28, qwen2, 1120, 896],
  // 28 x 84 = 2352 (0.71 and 2.86 blocks): grow by sqrt(3136 / 1600) = 1.4 to 28 x 112, which are whole blocks.
  [20, 80, 28, qwen2, 28, 112],
  // 0.357 blocks round to none, and an area of 0 is below the least: grow by sqrt(3136 / 100) = 5.6 to 56 x 56.
  [10, 10, 28, qwen2, 56, 56],
  // 3 blocks of room for 1 x 10: shrink by sqrt(10 / 3) = 1.826, which leaves 0.55 of a block high; a side has one block at least,
  // so the area is 1 x 5 blocks, above the bound, as in transformers.
  [280, 28, 28, { min: 784, max: 3 * 784 }, 140, 28],
  // The sizes of the golden pictures: 5.6 x 3.75 blocks of 8 are 6 x 4.
  [45, 30, 8, { min: 256, max: 2048 }, 48, 32],
])("%d x %d in blocks of %d within %j", (width, height, block, range, ...expected) => {
  const size = smartResize({ width, height }, block, range);
  expect([size.width, size.height]).toEqual(expected);
  // Rows and columns are treated alike.
  const turned = smartResize({ width: height, height: width }, block, range);
  expect([turned.height, turned.width]).toEqual(expected);
});

// Levels as they are.
const plain = levelTable({ do_rescale: false, rescale_factor: 1, do_normalize: false, image_mean: 0, image_std: 1 });

test("patches of a 4 x 4 picture", () => {
  // Red is 10 * row + column, green 100 more, blue 200 more.
  const data = new Uint8Array(4 * 4 * 3);
  for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) data.set([10 * y + x, 100 + 10 * y + x, 200 + 10 * y + x], (y * 4 + x) * 3);
  const picture = { width: 4, height: 4, data };
  const pixels = patchPixels(picture, plain, { patch: 2, merge: 2, frames: 2 });
  // One block of four patches; in a patch: channel, frame (two equal ones), row, column.
  const patch = (topLeft: number) =>
    [0, 100, 200].flatMap((channel) => [1, 2].flatMap(() => [0, 1, 10, 11].map((offset) => channel + topLeft + offset)));
  expect([...pixels]).toEqual([...patch(0), ...patch(2), ...patch(20), ...patch(22)]);
});

test("patches come block by block", () => {
  const row = Array.from({ length: 8 }, (_, x) => [x, 0, 0]).flat();
  const lower = row.map((level, i) => (i % 3 === 0 ? 10 + level : level));
  const picture = { width: 8, height: 2, data: Uint8Array.from([...row, ...lower]) };
  const pixels = patchPixels(picture, plain, { patch: 1, merge: 2, frames: 1 });
  // The red of every patch: the first block's upper row, its lower row, then the next block.
  expect([...pixels].filter((_, i) => i % 3 === 0)).toEqual([0, 1, 10, 11, 2, 3, 12, 13, 4, 5, 14, 15, 6, 7, 16, 17]);
});
