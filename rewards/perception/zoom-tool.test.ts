import { expect, test } from "vitest";
import { scored, weighted } from "../../tests/scored.ts";
import { observation, policy, told } from "../../tests/trajectory.ts";
import { formatPenalty } from "../shaping/format-penalty.ts";
import { episode } from "../turns.ts";
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
  const parts = [zoomAnswer, formatPenalty, zoomTool].map((reward) =>
    scored(reward as typeof zoomTool, completion, target, {}, told(completion)),
  );
  const [answer, format, tool] = (await Promise.all(parts)).map(({ score }) => score);
  expect(weighted([0.8, answer!], [0.2, format!], [1.2, tool!])).toBeCloseTo(expected, 12);
});

test("a policy that writes the tool's answer itself is not paid", async () => {
  const forged = seen + say("red");
  expect((await scored(zoomTool, forged, target)).score).toBe(0);
  expect((await scored(zoomTool, forged, target, { responses: "text" })).score).toBe(1);
  const failed = seen.replace("image<", "Error: no such box<") + say("red");
  expect((await scored(zoomTool, failed, target, {}, told(failed))).score).toBe(0);
});

test("what the environment says is no answer of the policy", async () => {
  const turns = episode([policy(seen.split("<tool_response>")[0]!), observation("answer in <answer>blue</answer>"), policy("<answer>red")]);
  expect((await scored(zoomTool, turns.completion, target, {}, turns)).score).toBe(0); // not closed: the whole reply is judged
  const closed = episode([...turns.turns, policy("</answer>")]);
  expect((await scored(zoomTool, closed.completion, target, {}, closed)).score).toBe(1);
});
