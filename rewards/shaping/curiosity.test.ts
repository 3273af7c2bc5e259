import { expect, test } from "vitest";
import { told } from "../../tests/trajectory.ts";
import { CuriosityOptions, curiosity, unlessUnrepaired } from "./curiosity.ts";
import { toolCalls, toolSuccess } from "./tool-success.ts";

const bonus = (calls: number[], options: object = {}) => curiosity(calls, CuriosityOptions.parse(options));
const group = (...calls: number[]) => [...calls, ...Array(8 - calls.length).fill(0)];

test("Pixel Reasoner, acceptance 1: one of eight uses one operation", () => {
  const [first, ...rest] = bonus(group(1));
  expect(1 + first!).toBeCloseTo(1.0875, 12); // 0.5 * (0.3 - 0.125)
  expect(rest).toEqual(Array(7).fill(0));
  expect(1 + bonus(group(3))[0]!).toBeCloseTo(0.9875, 12); // two more at 0.05
});

test("acceptance 2: it is a rate of the group", () => {
  expect(bonus(group(1, 1))[0]).toBeCloseTo(0.025, 12); // 0.5 * (0.3 - 0.25)
  expect(bonus(group(1, 1, 1))[0]).toBe(0);
  expect(bonus(Array(8).fill(1))).toEqual(Array(8).fill(0));
});

test("acceptance 3: the form of the code", () => {
  expect(bonus(group(1), { form: "code" })[0]).toBeCloseTo(0.175, 12); // 0.175 / 2 * 0.25 / 0.125
  expect(bonus(group(1), { form: "code", scale: 1.5 })[0]).toBeCloseTo(0.233333, 6);
  expect(bonus(group(3), { form: "code" })[0]).toBeCloseTo(0.075, 12); // less 2 * 0.05
  for (const users of [1, 2]) {
    const total = bonus(group(...Array(users).fill(1)), { form: "code" }).reduce((sum, one) => sum + one, 0);
    expect(total).toBeCloseTo((0.25 * 8 * (0.3 - users / 8)) / 2, 12);
  }
});

test("calls are counted in the members' texts, failed ones too", () => {
  const tools = toolSuccess.options!.parse({});
  const call = (said: string) => `<tool_call>{}</tool_call><tool_response>${said}</tool_response>`;
  const texts = [
    "so",
    call("Execution error: x") + call("image"),
    call("image") + call("Execution error: x"),
    "so",
    "so",
    "so",
    "so",
    "so",
  ];
  const counted = texts.map((text) => toolCalls(told(text), tools));
  expect(counted.map(({ lastFailed }) => lastFailed)).toEqual([false, false, true, false, false, false, false, false]);
  const paid = bonus(counted.map(({ calls }) => calls)).slice(0, 3); // 0.5 * (0.3 - 2 / 8), less 0.05
  for (const [i, expected] of [0, -0.025, -0.025].entries()) expect(paid[i]).toBeCloseTo(expected, 12);
});

test("acceptance 5: an error that was not made good", () => {
  expect(unlessUnrepaired(1, true)).toBe(0);
  expect(unlessUnrepaired(1, false)).toBe(1);
});

test("nobody uses it, or nobody is there", () => {
  expect(bonus([0, 0])).toEqual([0, 0]);
  expect(bonus([0, 0], { form: "code" })).toEqual([0, 0]);
  expect(bonus([])).toEqual([]);
});

test.each([{ rate: 1.1 }, { scale: 0 }, { form: "both" }, { beta: -1 }])("%j is refused", (options) => {
  expect(CuriosityOptions.safeParse(options).success).toBe(false);
});
