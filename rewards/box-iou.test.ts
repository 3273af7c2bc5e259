import { expect, test } from "vitest";
import { boxIou } from "./box-iou.ts";
import { rewardInput } from "./define.ts";

test.each([
  ["<box>5,0,15,10</box>", 50 / 150], // overlap 5 * 10 = 50, union 100 + 100 - 50 = 150
  ["<box>0,0,1,1</box> no: <box>0,0,10,10</box>", 1], // the last box counts
  ["<box>0,0,10,10</box> no: <box>,,,</box>", 0],
  ["<box>10,10,0,0</box>", 0], // corners swapped
  ["<box>,,10,10</box>", 0], // blanks are not zeros: a way to cheat
  ["<box>0,0,10,10", 0],
  ["", 0],
])("%j scores %f", (completion, expected) => {
  expect(boxIou.score(rewardInput({ completion, target: [0, 0, 10, 10] }))).toBeCloseTo(expected, 12);
});
