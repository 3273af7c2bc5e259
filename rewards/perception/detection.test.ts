import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { className, detection } from "./detection.ts";
import { writtenBoxes } from "./written.ts";

const target = [
  { label: "couch", box: [0, 0, 10, 10] },
  { label: "dog", box: [20, 0, 30, 10] },
];
const written = (...items: [string | null, number[]][]) =>
  `<answer>${JSON.stringify(items.map(([label, bbox_2d]) => (label === null ? { bbox_2d } : { bbox_2d, label })))}</answer>`;
const sofa: [string, number[]] = ["Sofa ", [0, 0, 10, 10]];
const dog: [string, number[]] = ["puppy", [20, 0, 30, 10]];

test.each([
  ["Sofa", "couch"],
  [" Woman ", "person"],
  ["TV monitor", "tv"],
  ["Zebra", "zebra"],
  ["constructor", "constructor"],
])("%j is a %j", (label, expected) => {
  expect(className(label)).toBe(expected);
});

test("a box without a label is read, and is of no class", async () => {
  expect(writtenBoxes('{"bbox_2d":[1,2,3,4]}').first).toMatchObject([{ quad: [1, 2, 3, 4], label: null }]);
  expect((await scored(detection, written([null, [0, 0, 10, 10]]), target)).score).toBe(0);
});

test.each<[string, string, number, number]>([
  ["both", written(dog, sofa), 1, 1],
  ["one", written(sofa), 2 / 3, 1 / 2],
  ["the right place of the wrong class", written(["dog", [0, 0, 10, 10]], ["couch", [20, 0, 30, 10]]), 0, 0],
  // dog: miss, then hit: precision 1/2 at full recall
  ["a guess before", written(["dog", [90, 90, 99, 99]], dog, sofa), 4 / 5, 3 / 4],
  ["blanks", "<answer>[{'bbox_2d':[,,,],'label':'dog'}]</answer>", 0, 0],
  ["none", "", 0, 0],
])("%s", async (_, completion, f1, map) => {
  expect((await scored(detection, completion, target, { tag: "answer" })).score).toBeCloseTo(f1, 12);
  expect((await scored(detection, completion, target, { metric: "map" })).score).toBeCloseTo(map, 12);
});
