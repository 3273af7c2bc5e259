import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { clickHits, enlarged, type GuiAction, matchAction } from "./gui-actions.ts";
import { agentReward, guiStep, guiStepWith } from "./gui-step.ts";

const weights = { type: 0.2, param: 0.8, subgoal: 0.2 };
const never = () => {
  throw new Error("the judge was asked");
};

test.each([
  ["right action, wrong parameter, judge 7", { type: true, exact: false }, () => 0.7, 0.34, 0.406],
  ["wrong action, judge 5", { type: false, exact: false }, () => 0.5, 0.1, 0.19],
  ["all right, no judge", { type: true, exact: true }, never, 1, 1],
])("%s", (_, match, judge, agent, total) => {
  expect(agentReward(match, judge, weights)).toBeCloseTo(agent, 12);
  expect(0.1 + 0.9 * agentReward(match, judge, weights)).toBeCloseTo(total, 12);
});

const screen = { width: 1000, height: 2000 };

test.each<[[number, number], boolean]>([
  [[0.55, 0.5], true], // 50 pixels of 0.04 * 2000 = 80
  [[0.5, 0.55], false], // 100
])("a click at %j is near (0.5, 0.5): %s", (point, expected) => {
  expect(clickHits(point, { coordinate: [0.5, 0.5] }, screen)).toBe(expected);
});

test("candidate boxes are enlarged 1.2 times", () => {
  for (const [i, value] of enlarged([0.4, 0.4, 0.6, 0.6]).entries()) expect(value).toBeCloseTo([0.38, 0.38, 0.62, 0.62][i]!, 12);
  const boxes: [number, number, number, number][] = [[0.4, 0.4, 0.6, 0.6]];
  expect(clickHits([0.39, 0.61], { boxes }, screen)).toBe(true);
  expect(clickHits([0.37, 0.5], { boxes }, screen)).toBe(false);
});

const clock: GuiAction = { action: "open", text: "Clock", boxes: [[0.1, 0.1, 0.2, 0.2]] };
test.each<[string, Record<string, unknown> | null, GuiAction, boolean, boolean]>([
  ["open by click", { action: "click", coordinate: [150, 300] }, clock, true, true],
  ["open by click, no boxes", { action: "click", coordinate: [150, 300] }, { action: "open", text: "Clock" }, false, false],
  ["open by name", { action: "open", text: "clock app" }, clock, true, true],
  ["open by another name", { action: "open", text: "Maps" }, clock, true, false],
  ["open nothing", { action: "open", text: "" }, clock, true, false],
  ["wait", { action: "wait" }, { action: "wait" }, true, true],
  ["back", { action: "system_button", button: " back" }, { action: "system_button", button: "Back" }, true, true],
  ["home", { action: "system_button", button: "Home" }, { action: "system_button", button: "Back" }, true, false],
  [
    "swipe down",
    { action: "swipe", coordinate: [500, 500], coordinate2: [550, 900] },
    { action: "swipe", coordinate: [0.5, 0.2], coordinate2: [0.5, 0.8] },
    true,
    true,
  ],
  [
    "swipe right",
    { action: "swipe", coordinate: [500, 500], coordinate2: [900, 510] },
    { action: "swipe", coordinate: [0.5, 0.2], coordinate2: [0.5, 0.8] },
    true,
    false,
  ],
  ["a click without a place", { action: "click", coordinate: [null, 3] }, { action: "click", coordinate: [0.5, 0.5] }, true, false],
  ["nothing", null, { action: "wait" }, false, false],
])("%s", (_, given, gold, type, exact) => {
  expect(matchAction(given, gold, screen)).toEqual({ type, exact });
});

const target = { step: { action: "click", coordinate: [0.5, 0.5] }, subgoal: "open the alarm tab" };
const rest = { example: { image: { width: 1120, height: 2240 } } }; // whole blocks: seen as it is
const reply = (given: object, step = "open the alarm tab") =>
  `<think>so <step>${step}</step></think><tool_call>${JSON.stringify({ name: "mobile_use", arguments: given })}</tool_call>`;

test.each<[string, string, number]>([
  ["right", reply({ action: "click", coordinate: [560, 1120] }), 1],
  ["a wrong place, the right sub-goal", reply({ action: "click", coordinate: [5, 5] }), 0.1 + 0.9 * 0.4],
  // 2 of 4 and 2 words shared: 2 * 2 / 6 = 0.67, in tenths 0.7: as the judge's 7
  ["a wrong place, a vague sub-goal", reply({ action: "click", coordinate: [5, 5] }, "alarm tab"), 0.406],
  ["a wrong action, no sub-goal", reply({ action: "wait" }, ""), 0.1],
  ["no thinking", reply({ action: "click", coordinate: [560, 1120] }).replace("<think>", ""), 0],
  ["no call", "<think>so</think>", 0],
  ["another tool", reply({ action: "click" }).replace("mobile_use", "desktop"), 0],
  ["", "", 0],
])("%s", async (_, completion, expected) => {
  expect((await scored(guiStep, completion, target, {}, rest)).score).toBeCloseTo(expected, 12);
});

test("a bare call is read as well", async () => {
  const completion = '<think>a</think>{"name": "mobile_use", "arguments": {"action": "click", "coordinate": [560, 1120]}}';
  expect((await scored(guiStep, completion, target, {}, rest)).score).toBe(1);
});

test("a scorer of one's own, held to [0, 1]", async () => {
  const wild = guiStepWith("gui_judged", () => 70);
  expect((await scored(wild, reply({ action: "wait" }), target, {}, rest)).score).toBeCloseTo(0.1 + 0.9 * 0.2, 12);
});
