import { expect, test } from "vitest";
import { scored, weighted } from "../../tests/scored.ts";
import { boxOverlap } from "./box-overlap.ts";
import { hungarianProposals, matchedShare } from "./hungarian-proposals.ts";
import { rougeOne } from "./rouge-one.ts";
import { structuredFormat } from "./structured-format.ts";

test.each([
  ["left black shirt", "black shirt", 0.8], // 2 * 2 / (3 + 2)
  ["Black, shirt!", "black shirt", 1],
  ["a a a", "a", 0.5], // one shared: 2 / (3 + 1)
  ["cat", "dog", 0],
  ["", "dog", 0],
  ["", "", 0],
])("ROUGE-1 of %j and %j is %f", (a, b, expected) => {
  expect(rougeOne(a, b)).toBeCloseTo(expected, 12);
});

test("the matching of largest total: 0.5 + 0.55 and not 0.6 + 0.1", () => {
  const iou = [
    [0.6, 0.5],
    [0.55, 0.1],
  ];
  expect(matchedShare(iou, 2) * 2).toBeCloseTo(1.05, 12);
  // labels all equal: 0.75 and 0.775
  const joint = iou.map((row) => row.map((value) => 0.5 * value + 0.5));
  expect(matchedShare(joint, 2)).toBeCloseTo(0.7625, 12);
});

const dog = { label: "dog", box: [0, 0, 10, 10] };
const written = (...items: [string, number[]][]) => JSON.stringify(items.map(([label, bbox]) => ({ label, bbox })));
const think = (...items: [string, number[]][]) => `<think>${written(...items)}</think>`;

test.each<[string, string, number]>([
  ["perfect", think(["dog", [0, 0, 10, 10]]), 1],
  ["one of three perfect", think(["dog", [0, 0, 10, 10]], ["cat", [50, 50, 60, 60]], ["cat", [70, 70, 80, 80]]), 1 / 3],
  ["another name", think(["cat", [0, 0, 10, 10]]), 0.5],
  ["half the box", think(["dog", [0, 0, 10, 5]]), 0.75],
  ["no box", "<think>[]</think>", 0],
  ["prose", "<think>a dog is there</think>", 0],
  ["outside of the thinking", written(["dog", [0, 0, 10, 10]]), 0],
])("%s", async (_, completion, expected) => {
  expect((await scored(hungarianProposals, completion, [dog])).score).toBeCloseTo(expected, 12);
});

test("no reference does not apply, and the term is left out", async () => {
  await expect(scored(hungarianProposals, "", [])).rejects.toThrow("does not apply");
});

test("format, answer and reasoning at equal weights", async () => {
  const completion = `${think(["dog", [0, 0, 10, 10]])}<answer>${written(["dog", [0, 0, 10, 5]])}</answer>`;
  const format = await scored(structuredFormat, completion, null);
  const answer = await scored(boxOverlap, completion, dog.box, { tag: "answer" });
  const reason = await scored(hungarianProposals, completion, [dog]);
  expect(weighted([1, format.score], [1, answer.score], [1, reason.score])).toBeCloseTo(1 + 0.5 + 1, 12);
});

test.each([
  ["<think>it is a dog</think><answer>[]</answer>", 0],
  [`<think>[{"label":"a"}]</think><answer>[]</answer>`, 0],
  [`<think>[{"label":"a","bbox":[1,2,3]}]</think><answer>[]</answer>`, 0],
  [`<think>[]</think><answer>[{"label":"a","bbox_2d":[1,2,3,4]}]</answer>`, 1],
  [`<answer>[]</answer>`, 0],
  ["", 0],
])("format of %j is %i", async (completion, expected) => {
  expect((await scored(structuredFormat, completion, null)).score).toBe(expected);
});
