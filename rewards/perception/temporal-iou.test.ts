import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { temporalIou } from "./temporal-iou.ts";
import { timeStamp } from "./time-stamp.ts";
import { writtenTimes, writtenWindows } from "./windows.ts";

test.each<[string, unknown[]]>([
  ["[10, 20]", [[10, 20]]],
  ["from 00:10 to 00:20.5", [[10, 20.5]]],
  [
    "10s - 20s, then 1:00:00–1:00:10",
    [
      [10, 20],
      [3600, 3610],
    ],
  ],
  ["20 to 10", [null]],
  ["[10, ]", []],
  ["NaN - 5", []],
  ["10 and 20", []],
  ["", []],
])("windows of %j", (text, expected) => {
  expect(writtenWindows(text).first).toEqual(expected);
});

test("times of a text", () => {
  expect(writtenTimes("at 75 or 01:15 or 00:01:15.5, not 1:2:3:4")).toEqual([75, 75, 75.5]);
  expect(writtenTimes(`${"1 ".repeat(1000)}7`).at(-1)).toBe(7);
});

test.each<[string, unknown, object, number]>([
  ["[110, 140]", [100, 120], {}, 10 / 40],
  ["[0, 10] no: [105, 115]", [100, 120], {}, 10 / 20],
  ["[0, 1000]", [100, 120], {}, 20 / 1000],
  ["[0, 1000]", [100, 120], { metric: "recall" }, 1], // what makes recall a poor reward
  ["01:40 - 02:00", [100, 120], {}, 1],
  [
    "[0, 10] [20, 30]",
    [
      [0, 10],
      [20, 30],
    ],
    { pick: "all" },
    1,
  ],
  [
    "[0, 10] [20, 30]",
    [
      [0, 10],
      [20, 30],
    ],
    {},
    1 / 2,
  ],
  ["[0, 20] [10, 30]", [0, 30], { pick: "all" }, 1], // overlapping windows count once
  ["[100, 120] no: [120, 100]", [100, 120], {}, 0],
  ["<answer>[100, 120]</answer> [0, 1]", [100, 120], { tag: "answer" }, 1],
  ["[, 120]", [100, 120], {}, 0],
  ["", [100, 120], { pick: "all" }, 0],
])("%j against %j with %j", async (completion, target, options, expected) => {
  expect((await scored(temporalIou, completion, target, options)).score).toBeCloseTo(expected, 12);
});

test.each<[string, unknown, object, number]>([
  ["01:16", 75, {}, 1 - 1 / 5],
  ["01:16", [10, 75], {}, 1 - 1 / 5],
  ["01:16", 75, { grade: "hit", tolerance: 1 }, 1],
  ["01:17", 75, { grade: "hit", tolerance: 1 }, 0],
  ["01:30", 75, {}, 0],
  ["soon", 0, {}, 0], // silence is not 0 s
])("%j is near %j with %j by %f", async (completion, target, options, expected) => {
  expect((await scored(timeStamp, completion, target, options)).score).toBeCloseTo(expected, 12);
});
