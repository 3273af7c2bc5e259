import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { maskIouReward } from "./mask-iou.ts";

// 4 x 4, the left half: two columns of 4 ones, then 8 zeros
const target = { size: [4, 4], counts: [0, 8, 8] };

test.each<[string, object, number]>([
  ["<polygon>(0,0),(2,0),(2,4),(0,4)</polygon>", {}, 1],
  ["<polygon>(0,0),(4,0),(4,4),(0,4)</polygon>", {}, 1 / 2],
  ["<polygon>(0,0),(1,0),(1,4),(0,4)</polygon><polygon>(1,0),(2,0),(2,4),(1,4)</polygon>", {}, 1], // joined
  ["<polygon>(0,0),(0.5,0),(0.5,1),(0,1)</polygon>", { coordinates: { units: "unit" } }, 1],
  ["<polygon>(0,0),(2,0)</polygon>", {}, 0],
  ["<polygon>,,,</polygon>", {}, 0],
  ['{"size": [4, 4], "counts": [0, 8, 8]}', {}, 1],
  ['<answer>{"size": [4, 4], "counts": [0, 4, 12]}</answer>', { tag: "answer" }, 1 / 2],
  ['{"size": [4, 4], "counts": [0, 8]}', {}, 0],
  ['{"size": [8, 2], "counts": [0, 8, 8]}', {}, 0], // another picture
  // every pixel of either is at its boundary, one pixel wide, but for none: 4 x 4 has an inner 2 x 2; of the left half none is inner
  ["<polygon>(0,0),(4,0),(4,4),(0,4)</polygon>", { metric: "boundary" }, 6 / 14], // ring of 12, left half 8, shared 6
  ["", {}, 0],
])("%j with %j scores %f", async (completion, options, expected) => {
  expect((await scored(maskIouReward, completion, target, options)).score).toBeCloseTo(expected, 12);
});
