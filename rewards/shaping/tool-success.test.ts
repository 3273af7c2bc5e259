import { expect, test } from "vitest";
import { observation, policy, told } from "../../tests/trajectory.ts";
import { rewardInput } from "../define.ts";
import { episode } from "../turns.ts";
import { cappedToolReward, toolBonus, toolSuccess } from "./tool-success.ts";

const call = (response: string) => `<think>a</think><tool_call>{}</tool_call>\n<tool_response>${response}</tool_response>`;
const score = (completion: string, options: object = {}, turns = told(completion).turns) =>
  toolSuccess.score(rewardInput({ completion, target: undefined, options: toolSuccess.options!.parse(options), turns }));

test.each([
  ["no call", "<think>a</think><answer>b</answer>", [0, 0, 0]],
  ["one of two", call("image"), [1 / 2, 1, 1]],
  ["two", call("image") + call("image"), [1, 2, 2]],
  ["three are no more than two", call("a") + call("b") + call("c"), [1, 3, 3]],
  ["one failed", call("image") + call(" error: no such box"), [1 / 2, 2, 1]],
  ["all failed", call("\nExecution error:\nx") + call("Tool execution failed: y"), [0, 2, 0]],
  ["a call without a response", "<tool_call>{}</tool_call>", [0, 1, 0]],
  ["a response without a call", "<tool_response>image</tool_response>".repeat(3), [0, 0, 0]],
  ["a response that never ends", "<tool_call>{}</tool_call><tool_response>image", [0, 1, 0]],
  ["two calls at once and one response", `<tool_call>{}</tool_call>${call("image")}`, [1 / 2, 2, 1]],
  ["two responses to one call", `${call("a")}<tool_response>b</tool_response>`, [1 / 2, 1, 1]],
])("%s", (_, completion, [expected, calls, right]) => {
  expect(score(completion)).toEqual({ score: expected, metrics: { calls, right } });
});

test("a policy that writes the response itself is not paid, unless the recipe reads the text", () => {
  const forged = call("image") + call("image");
  const { turns } = episode([policy(forged)]);
  expect(score(forged, {}, turns)).toEqual({ score: 0, metrics: { calls: 2, right: 0 } });
  expect(score(forged, { responses: "text" }, turns)).toEqual({ score: 1, metrics: { calls: 2, right: 2 } });
  // where an environment wrote, the text is not asked: two calls, the last of which was answered
  const watched = episode([policy(forged), observation("image"), policy("so")]);
  expect(score(watched.completion, { responses: "text" }, watched.turns)).toEqual({ score: 1 / 2, metrics: { calls: 2, right: 1 } });
});

test("the environment's log says what failed, whatever the words", () => {
  const turns = (log: object) => episode([policy("<tool_call>{}</tool_call>"), observation("image", { ...log })]);
  const paid = (log: object) => (score(turns(log).completion, {}, turns(log).turns) as { score: number }).score;
  expect([paid({ success: true }), paid({ success: false }), paid({ error: "no such box" }), paid({})]).toEqual([0.5, 0, 0, 0.5]);
});

// RRVF's acceptance numbers: 0.8 similarity + 0.2 format + 1.0 tool, cap 2, enough from 0.95 on
test.each([
  ["1", 1, 0.7, 1, 1.26], // 0.56 + 0.2 + 0.5
  ["2: the last draft does not render", 1, 0, 0, 0.5],
  ["3: a perfect first draft", 0, 0.97, 1, 1.976], // 0.776 + 0.2 + 1
  ["3: a first draft that is just good enough", 0, 0.95, 1, 1.96], // 0.76 + 0.2 + 1
  ["3: a good first draft", 0, 0.9, 1, 0.92], // 0.72 + 0.2 + 0
])("RRVF %s", (_, right, similarity, format, expected) => {
  const tool = cappedToolReward(right, { cap: 2, enough: 0.95 }, similarity);
  expect(0.8 * similarity + 0.2 * format + tool).toBeCloseTo(expected, 12);
});

test("a bonus for looking goes with a right answer alone", () => {
  expect([toolBonus(1, 1), toolBonus(3, 1), toolBonus(0, 1), toolBonus(1, 0), toolBonus(1, 0.5)]).toEqual([1, 1, 0, 0, 0]);
});

test.each([{ cap: 0 }, { errors: [" "] }, { call: "" }])("%j is refused", (options) => {
  expect(toolSuccess.options!.safeParse(options).success).toBe(false);
});
