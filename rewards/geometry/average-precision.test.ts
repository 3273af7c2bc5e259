import { expect, test } from "vitest";
import type { Box } from "../box.ts";
import { averagePrecision } from "./average-precision.ts";

const at = (i: number): Box => [i * 20, 0, i * 20 + 10, 10];
const off: Box = [500, 0, 510, 10];

// Hits and misses in the order written, of two true boxes.
test.each<[string, (Box | null)[], number, number]>([
  ["both", [at(0), at(1)], 1, 1],
  ["miss, then both", [off, at(0), at(1)], 2 / 3, 2 / 3], // precision 1/2, then 2/3: the envelope is 2/3 throughout
  // recall 1/2 at precision 1 and 1 at 2/3: recalls 0 to 0.5 are 51 of 101 points
  ["hit, miss, hit", [at(0), off, at(1)], (51 + 50 * (2 / 3)) / 101, (1 + 2 / 3) / 2],
  ["one of two", [at(0)], 51 / 101, 1 / 2],
  ["the same one twice", [at(0), at(0)], 51 / 101, 1 / 2],
  ["no box, then one", [null, at(0)], (51 * (1 / 2)) / 101, 1 / 4],
  ["the second one twice", [at(0), at(1), at(1)], 1, 1],
  ["nothing", [], 0, 0],
])("%s", (_, predicted, coco, area) => {
  expect(averagePrecision(predicted, [at(0), at(1)], 0.5, "coco_101")).toBeCloseTo(coco, 12);
  expect(averagePrecision(predicted, [at(0), at(1)], 0.5, "area")).toBeCloseTo(area, 12);
});

test("the threshold itself is a hit, and nothing to find is found by nothing", () => {
  expect(averagePrecision([[0, 0, 10, 5]], [at(0)], 0.5, "area")).toBe(1);
  expect(averagePrecision([[0, 0, 10, 4.9]], [at(0)], 0.5, "area")).toBe(0);
  expect(averagePrecision([], [], 0.5, "area")).toBe(1);
  expect(averagePrecision([off], [], 0.5, "area")).toBe(0);
});
