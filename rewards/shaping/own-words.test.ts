/** Small rewards of what the policy wrote, and of what came of its calls. */
import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { observation, policy, told } from "../../tests/trajectory.ts";
import { episode } from "../turns.ts";
import { hasTags } from "./has-tags.ts";
import { shortAnswer } from "./short-answer.ts";
import { toolRepaired } from "./tool-repaired.ts";

test.each<[string, object, number]>([
  [`<answer>${"a".repeat(999)}</answer>`, {}, 1],
  [`<answer>${"a".repeat(1000)}</answer>`, {}, 0],
  [`<answer>${"\u{1d7db}".repeat(999)}</answer>`, {}, 1], // characters, not UTF-16 units
  ["a".repeat(1000), {}, 1], // no answer is no long one
  ["a".repeat(1000), { extract: ["answer", "whole"] }, 0],
  ["\\boxed{12}", { extract: "boxed", max_chars: 1 }, 0],
  ["", {}, 1],
])("short_answer of %j with %j: %d", async (completion, options, expected) => {
  expect((await scored(shortAnswer, completion, null, options)).score).toBe(expected);
});

test("short_answer does not count what the environment wrote", async () => {
  const turns = episode([policy("a"), observation("x".repeat(2000)), policy("b")]);
  expect((await scored(shortAnswer, turns.completion, null, { extract: "whole" }, turns)).score).toBe(1);
});

test.each<[string, number]>([
  ["<search>a</search><answer>b</answer>", 1],
  ["<answer>b</answer> x <search>a</search><search>c</search>", 1],
  ["<search>a</search>", 0],
  ["<search>a<answer>b</answer>", 0],
  ["<search>a</search><tool_response><answer>b</answer></tool_response>", 0], // the environment's
  ["", 0],
])("has_tags of %j: %d", async (completion, expected) => {
  expect((await scored(hasTags, completion, null, {}, told(completion))).score).toBe(expected);
});

const call = "<tool_call>{}</tool_call>";
test.each<[string, string, number]>([
  ["no call", "a", 1],
  ["a call that went well", `${call}<tool_response>image</tool_response>b`, 1],
  ["one that failed", `${call}<tool_response>Execution error: x</tool_response>b`, 0],
  ["made good", `${call}<tool_response>Execution error: x</tool_response>${call}<tool_response>image</tool_response>`, 1],
  ["not answered", `${call}<tool_response>image</tool_response>${call}`, 0],
])("tool_repaired: %s", async (_, completion, expected) => {
  expect((await scored(toolRepaired, completion, null, {}, told(completion))).score).toBe(expected);
});
