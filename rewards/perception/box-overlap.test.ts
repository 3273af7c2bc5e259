import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { boxOverlap } from "./box-overlap.ts";

const score = (completion: string, options: object = {}, example = {}) =>
  boxOverlap.score(rewardInput({ completion, target: [0, 0, 10, 10], options: boxOverlap.options!.parse(options), example }));

test.each<[string, object, number]>([
  ["<box>5,0,15,10</box>", {}, 50 / 150],
  ['```json\n[{"bbox_2d": [0,0,10,10], "label": "cat"}]\n```', {}, 1],
  ["[0,0,10,10] then [5,0,15,10]", { pick: "first" }, 1],
  ["[0,0,10,10] then [5,0,15,10]", {}, 1 / 3],
  ["[0,0,10,10] <answer>[5,0,15,10]</answer> [0,0,10,10]", { tag: "answer" }, 1 / 3],
  ["[0,0,10,10]", { tag: "answer" }, 0],
  ["<box>20,0,30,10</box>", {}, 0],
  ["<box>20,0,30,10</box>", { metric: "giou" }, -1 / 3], // union 200, hull 30 * 10
  ["<box>20,0,30,10</box>", { metric: "giou01" }, 1 / 3],
  ["<box>20,0,30,10</box>", { metric: "diou" }, -0.4], // 20^2 / (30^2 + 10^2)
  ["<box>20,0,30,10</box>", { metric: "diou01" }, 0.3],
  ["", { metric: "giou" }, -1], // silence is worth no more than any box
  ["", { metric: "giou01" }, 0],
  ["<box>,,10,10</box>", {}, 0],
  ["<box>10,10,0,0</box>", {}, 0],
])("%j with %j scores %f", (completion, options, expected) => {
  expect(score(completion, options)).toBeCloseTo(expected, 12);
});

test("in thousandths of the picture, y first", () => {
  const options = { coordinates: { units: "thousand", order: "yx" } };
  // picture 20 x 40: y 0..250 is 0..10, x 250..750 is 5..15
  expect(score("[0,250,250,750]", options, { image: { width: 20, height: 40 } })).toBeCloseTo(1 / 3, 12);
  expect(score("[0,250,250,750]", options)).toBeNaN(); // a row without its picture is an error, not a 0
});
