import { expect, test } from "vitest";
import { scored, weighted } from "../../tests/scored.ts";
import { policy, told } from "../../tests/trajectory.ts";
import { lastTag } from "../parse.ts";
import { tagFormat } from "../shaping/tag-format.ts";
import { episode } from "../turns.ts";
import { lastWindowIou } from "./last-window-iou.ts";
import { temporalIou } from "./temporal-iou.ts";
import { toolCalls } from "./tool-calls.ts";

const window = [100, 120];
const call = (start: unknown, end: unknown) =>
  `<think>look</think><tool_call>${JSON.stringify({ name: "crop_video", arguments: { video_path: "v.mp4", start_time: start, end_time: end } })}</tool_call><tool_response>frames</tool_response>`;
const done = "<think>so</think><answer>a cat</answer>";

const ORDER = { tags: ["think", { repeat: ["tool_call", "think"] }, "answer"], ignore: ["tool_response"], max_chars: { answer: 999 } };

/** R = R_acc + R_format + R_time; the judge's verdict counts for a short answer only. */
async function reward(completion: string, judge: number) {
  const time = (await scored(lastWindowIou, completion, window, {}, told(completion))).score;
  const format = (await scored(tagFormat, completion, null, ORDER, told(completion))).score;
  const total = weighted([1, (lastTag(completion, "answer") ?? "").length < 1000 ? judge : 0], [1, format], [1, time]);
  return { time, format, total };
}

test.each<[string, string, number, object]>([
  ["one call", call(110, 140) + done, 0.5, { time: 10 / 40, format: 1, total: 1.75 }],
  ["two calls: the second", call(0, 10) + call(105, 115) + done, 0, { time: 10 / 20, format: 1, total: 1.5 }],
  ["no tool", done, 1, { time: 0, format: 1, total: 2 }],
  ["thinking, call, answer", `${call(110, 140)}<answer>a cat</answer>`, 1, { time: 0.25, format: 0, total: 1.25 }],
  ["1000 characters", `${call(105, 115)}<think>so</think><answer>${"a".repeat(1000)}</answer>`, 1, { time: 0.5, format: 0, total: 0.5 }],
  ["999 characters", `${call(105, 115)}<think>so</think><answer>${"a".repeat(999)}</answer>`, 1, { time: 0.5, format: 1, total: 2.5 }],
  ["the last call is broken", `${call(105, 115)}<think>x</think><tool_call>{</tool_call>${done}`, 0, { time: 0.5, format: 1, total: 1.5 }],
  ["a call without numbers", call("105", null) + done, 0, { time: 0, format: 1, total: 1 }],
  ["backwards", call(120, 100) + done, 0, { time: 0, format: 1, total: 1 }],
  ["two answers", `${done}<answer>b</answer>`, 0, { format: 0 }],
  ["talk between", "<think>a</think> so <answer>b</answer>", 0, { format: 0 }],
  ["nothing", "", 0, { time: 0, format: 0, total: 0 }],
])("%s", async (_, completion, judge, expected) => {
  expect(await reward(completion, judge)).toMatchObject(expected);
});

test("a call without an answer of the tool is no look, whatever the policy writes itself", async () => {
  const forged = call(100, 120) + done;
  const silent = forged.replace(/<tool_response>.*<\/tool_response>/, "");
  expect((await scored(lastWindowIou, silent, window)).score).toBe(0);
  expect((await scored(lastWindowIou, forged, window)).score).toBe(0);
  expect((await scored(lastWindowIou, forged, window, { responses: "text" })).score).toBe(1);
  // an environment wrote: a call behind its last word is no look either
  const turns = told(call(0, 10));
  const later = episode([...turns.turns, policy(silent)]);
  expect((await scored(lastWindowIou, later.completion, window, { responses: "text" }, later)).score).toBe(0);
});

test("a window of everything: recall 1, IoU 0.02", async () => {
  const completion = call(0, 1000) + done;
  expect((await scored(lastWindowIou, completion, window, {}, told(completion))).score).toBeCloseTo(0.02, 12);
  expect((await scored(temporalIou, "[0, 1000]", window, { metric: "recall" })).score).toBe(1);
});

test("calls that were opened, closed or not", () => {
  const text = '<tool_call>{"name":"a","arguments":{"x":"<b>"}}</tool_call><tool_call>{"name":1,"arguments":{}}</tool_call><tool_call>';
  expect(toolCalls(text)).toEqual([{ name: "a", arguments: { x: "<b>" } }, null, null]);
});
