import { expect, test } from "vitest";
import type { StepScore } from "../../core/types.ts";
import { rewardInput } from "../define.ts";
import { subGoals } from "./sub-goals.ts";

const GOALS = ["open the door", ["red key", "crimson key"], "exit (north)"];
const ask = (completion: string, options: object = {}) =>
  subGoals.score(rewardInput({ completion, target: GOALS, options: subGoals.options!.parse(options) })) as {
    score: number;
    steps: StepScore[];
  };

// [any, ordered]
test.each([
  ["Open the  door, take the crimson key, exit (north).", [1, 1]],
  ["take the red key, open the door, exit (north)", [1, 2 / 3]], // the key came before the door
  ["exit (north) red key open the door", [1, 1 / 3]],
  ["reopen the door", [0, 0]], // not as a word
  ["open the doors", [0, 0]],
  ["red\nkey red key", [1 / 3, 1 / 3]], // once
  ["", [0, 0]],
])("%j scores %j", (completion, expected) => {
  expect([ask(completion).score, ask(completion, { order: "ordered" }).score]).toEqual(expected);
});

test("every goal is scored where it is named first", () => {
  const completion = "<think>red key</think>exit (north)<think>the crimson key, then the red key</think>exit (north)";
  const { steps } = ask(completion, { within: "think" });
  expect(steps.map(({ name, start, end }) => [name, completion.slice(start, end), start])).toEqual([
    ["goal/1", "crimson key", completion.indexOf("crimson")],
  ]);
  expect(ask("red key", { within: "think" }).score).toBe(0);
});

test.each([[[]], [["--"]], [[[]]], ["open"], [undefined], [["x".repeat(201)]]])("goals %j are refused", (target) => {
  expect(subGoals.target.safeParse(target).success).toBe(false);
});
