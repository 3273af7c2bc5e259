import { expect, test } from "vitest";
import { scored, weighted } from "../../tests/scored.ts";
import { formatPenalty } from "../shaping/format-penalty.ts";
import { zoomAnswer, zoomRegion, zoomTool } from "./zoom-tool.ts";

const target = { answer: "red", width: 640, height: 480 };

test.each<[unknown, unknown]>([
  [[10, 10, 40, 200], null], // 30 wide is not more than 30
  [
    [10, 10, 41, 200],
    [10, 10, 41, 200],
  ],
  [
    [-20, -20, 100, 80],
    [0, 0, 100, 80],
  ],
  [[100, 50, 100, 90], null],
  [[0, 0, 640, 3], null],
  [[300, 300, 200, 400], null],
  [["0", 0, 100, 100], null],
  [null, null],
])("a zoom to %j shows %j", (box, expected) => {
  expect(zoomRegion(box, target)).toEqual(expected);
});

const call = (box: unknown) =>
  `<think>look</think><tool_call>{"name":"image_zoom_in_tool","arguments":{"bbox_2d":${JSON.stringify(box)}}}</tool_call><tool_response>image</tool_response>`;
const seen = call([0, 0, 100, 80]);
const say = (answer: string) => `<think>so</think><answer>${answer}</answer>`;

test.each<[string, string, number]>([
  ["right, with a look", seen + say("red"), 2],
  ["right, without", say("red"), 0.8],
  ["right, with a look, thinking not closed", `<think>${seen}${say("red")}`, 1.8],
  ["wrong, with a look", seen + say("blue"), 0],
  ["wrong, thinking not closed", `<think>${say("blue")}`, -0.2],
  ["1000 characters", seen + say(`red${" ".repeat(997)}`), -0.2],
  ["right, but the box was refused", call([10, 10, 40, 200]) + say("red"), 0.8],
  ["right, but nothing came back", seen.replace(/<tool_response>.*/, "") + say("red"), 0.8],
  ["no tag at all", "Red", 0.8],
  ["nothing", "", 0],
])("%s", async (_, completion, expected) => {
  const parts = [zoomAnswer, formatPenalty, zoomTool].map((reward) => scored(reward as typeof zoomTool, completion, target));
  const [answer, format, tool] = (await Promise.all(parts)).map(({ score }) => score);
  expect(weighted([0.8, answer!], [0.2, format!], [1.2, tool!])).toBeCloseTo(expected, 12);
});
