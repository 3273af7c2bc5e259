import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { boxSet } from "./box-set.ts";

const A = "<box>0,0,10,10</box>";
const B = "<box>20,0,30,10</box>";
const target = [[0, 0, 10, 10], { box: [20, 0, 30, 10] }];

test.each<[string, string, number, number, number]>([
  ["both", A + B, 1, 1, 1],
  ["in the other order", B + A, 1, 1, 1],
  ["one shifted", `<box>5,0,15,10</box>${B}`, 1 / 2, 2 / 3, (1 / 2) * (51 / 101)], // IoU 1/3, 1; AP: precision 1/2 up to recall 1/2
  ["one of two", A, 2 / 3, 1 / 2, 51 / 101],
  ["twice the same", A + A, 1 / 2, 1 / 2, 51 / 101],
  ["two broken ones besides", `${A}${B}<box>,,,</box><box>9,9,1,1</box>`, 4 / 6, 1 / 2, 1], // AP: what comes behind full recall costs nothing
  ["none", "", 0, 0, 0],
])("%s", async (_, completion, f1, mean, ap) => {
  expect((await scored(boxSet, completion, target)).score).toBeCloseTo(f1, 12);
  expect((await scored(boxSet, completion, target, { metric: "mean_iou" })).score).toBeCloseTo(mean, 12);
  expect((await scored(boxSet, completion, target, { metric: "ap" })).score).toBeCloseTo(ap, 12);
});

test("AP over ten thresholds: an IoU of 0.72 passes five of them", async () => {
  // 0.5, 0.55, 0.6, 0.65, 0.7
  expect((await scored(boxSet, "<box>0,0,10,7.2</box>", [[0, 0, 10, 10]], { metric: "ap_coco" })).score).toBeCloseTo(0.5, 12);
});

test("the matching is the best one: 1/2 + 1/2 and not 10/14 + 0", async () => {
  const found = await scored(
    boxSet,
    "[2,0,14,10] [0,0,6,10]",
    [
      [0, 0, 12, 10],
      [6, 0, 18, 10],
    ],
    { metric: "mean_iou" },
  );
  expect(found.score).toBeCloseTo(1 / 2, 12);
});

test("nothing to find", async () => {
  expect((await scored(boxSet, "nothing there", [])).score).toBe(1);
  expect((await scored(boxSet, A, [])).score).toBe(0);
});
