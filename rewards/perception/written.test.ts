import { expect, test } from "vitest";
import { parseJson, region, writtenBoxes, writtenPoints } from "./written.ts";

const box = (text: string) => writtenBoxes(text).first.map(({ quad, label }) => (label === null ? quad : [label, quad]));

test.each<[string, unknown[]]>([
  ["<box>1,2,3,4</box>", [[1, 2, 3, 4]]],
  ["<box>[1, 2, 3, 4]</box>", [[1, 2, 3, 4]]],
  ["<box>(1,2),(3,4)</box>", [[1, 2, 3, 4]]],
  ["<|box_start|>(100,100),(200,190)<|box_end|>", [[100, 100, 200, 190]]],
  ["it is at [0.1, 0.1, 0.2, -0.19].", [[0.1, 0.1, 0.2, -0.19]]],
  [
    "(1,2),(3,4) and (5, 6) (7, 8)",
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  ],
  ['{"bbox_2d": [1,2,3,4], "label": "cat"}', [["cat", [1, 2, 3, 4]]]],
  [
    '```json\n[{"bbox": [1,2,3,4], "label": "a"},\n {"label": "b", "bbox_2d": [5,6,7,8]}]\n```',
    [
      ["a", [1, 2, 3, 4]],
      ["b", [5, 6, 7, 8]],
    ],
  ],
  ["{'bbox_2d': [1,2,3,4], 'label': 'cat'}", [[1, 2, 3, 4]]], // no JSON: the box is read, the label is not
  ['{"name":"zoom","arguments":{"bbox_2d":[1,2,3,4],"label":"x"}}', [["x", [1, 2, 3, 4]]]],
  ['"bbox": [1,2,3,4]', [[1, 2, 3, 4]]],
  // what claims to be a box and is none counts, as null
  ["<box>,,3,4</box>", [null]],
  ["<box>NaN,2,3,4</box>", [null]],
  ["<box>1,2,3</box><box>1,2,3,4,5</box><box>1e3,2,3,4</box>", [null, null, null]],
  ["<box>1,2,3,4", [null]],
  ["<|box_start|>(1,2),(3", [null]],
  ['{"bbox_2d": [1,2,,4]}', [null]],
  ['{"bbox_2d": null}', [null]],
  // prose is no claim
  ["[1,2,3] [a, b, c, d] (1,2) {x}", []],
  ["[,,,] [1,2,3,NaN]", []],
  ["", []],
])("boxes of %j", (text, expected) => {
  expect(box(text)).toEqual(expected);
});

test("places, the last box, and the limit", () => {
  const written = writtenBoxes("ab <box>1,2,3,4</box>[5,6,7,8]", 1);
  expect(written.count).toBe(2);
  expect(written.first).toEqual([{ quad: [1, 2, 3, 4], label: null, start: 3, end: 21 }]);
  expect(written.last).toEqual({ quad: [5, 6, 7, 8], label: null, start: 21, end: 30 });
});

test.each<[string, number[][]]>([
  ["(1, 2)", [[1, 2]]],
  [
    "[[0.1,0.2],[0.3,0.4]]",
    [
      [0.1, 0.2],
      [0.3, 0.4],
    ],
  ],
  ['{"point_2d": [5, 6]}', [[5, 6]]],
  ["<point>7,8</point>", [[7, 8]]],
  ["(,2) (1,) (NaN,1) (1,2,3) 1,2", []],
])("points of %j", (text, expected) => {
  expect(writtenPoints(text).first).toEqual(expected);
});

test("a region is the inside of the last tag", () => {
  expect(region("a<answer>b</answer>", undefined)).toBe("a<answer>b</answer>");
  expect(region("a<answer>b</answer>", "answer")).toBe("b");
  expect(region("a", "answer")).toBe("");
});

test("JSON in fences", () => {
  expect(parseJson('```json\n{"a": 1}\n```')).toEqual({ a: 1 });
  expect(parseJson("[1]")).toEqual([1]);
  expect(parseJson("{a}")).toBeUndefined();
});

const megabyte = (piece: string) => piece.repeat(Math.ceil(1_000_000 / piece.length));

test.each([
  "[",
  "(",
  "{",
  "<box>",
  "[1,1,1,",
  "(1,1),",
  "(1 ,1)   ",
  '"bbox":',
  '{"bbox_2d":[',
  "<|box_start|>",
  "1".repeat(16),
  " ",
  "{[1,1,1,1]",
  "```",
])("a megabyte of %j is read in linear time", (piece) => {
  const started = performance.now();
  writtenBoxes(megabyte(piece));
  writtenPoints(megabyte(piece));
  expect(performance.now() - started).toBeLessThan(1500);
});
