import { expect, test } from "vitest";
import { observation, policy } from "../../tests/trajectory.ts";
import { rewardInput } from "../define.ts";
import { episode } from "../turns.ts";
import { formatPenalty } from "./format-penalty.ts";
import { toolBonus } from "./tool-success.ts";

const score = (completion: string, options: object = {}) =>
  formatPenalty.score(rewardInput({ completion, target: undefined, options: formatPenalty.options!.parse(options) })) as number;

const CLEAN = "<think>a</think><answer>b</answer>";
const PICTURES = { equal_counts: [["<start><image>", "<image><end>"]] };

test.each([
  [CLEAN, {}, 0],
  [`<think>a</think><tool_call></tool_call><think>b</think><answer>c</answer>`, {}, 0],
  [`<think>${CLEAN}`, {}, -1],
  ["<think>a</think><answer>b", {}, -1],
  ["<answer>x<think>a</think><answer>b</answer>", {}, 0], // only what follows the thought is counted
  [`<think>a</think><answer>${"x".repeat(999)}</answer>`, {}, 0],
  [`<think>a</think><answer>${"x".repeat(1000)}</answer>`, {}, -1],
  ["x".repeat(1000), {}, -1], // without a tag all of it is the answer
  [`<answer>${"\u{1d7db}".repeat(999)}</answer>`, {}, 0], // characters, not UTF-16 units
  ["b", {}, 0],
  ["", {}, 0],
  ["<think>a</think>b", { answer: "tag_required" }, -1],
  [CLEAN, { answer: "tag_required" }, 0],
  [`<start><image><end>${CLEAN}`, PICTURES, 0],
  [`<start><image>${CLEAN}`, PICTURES, -1],
  ["<think>\\boxed{1}</think>\\boxed{2}", { answer: "boxed" }, 0],
  ["\\boxed{2}", { answer: "boxed" }, 0],
  ["<think>\\boxed{1}</think>2", { answer: "boxed" }, -1],
  ["\\boxed{1} or \\boxed{2}", { answer: "boxed" }, -1],
])("%j with %j scores %i", (completion, options, expected) => {
  expect(score(completion, options)).toBe(expected);
});

test("what the environment wrote is no answer and no tag of the policy's", () => {
  const { completion, turns } = episode([policy("a"), observation(`<think>${"x".repeat(1000)}`), policy("b")]);
  const options = formatPenalty.options!.parse({});
  expect(formatPenalty.score(rewardInput({ completion, turns, target: undefined, options }))).toBe(0);
});

// DeepEyes, acceptance 1 and 3: 0.8 accuracy + 0.2 format + 1.2 tool
const BAD = `<think>${CLEAN}`;
const LONG = `<think>a</think><answer>${"x".repeat(1000)}</answer>`;
test.each([
  ["right, crop, clean", CLEAN, 1, 1, 2],
  ["right, no tool", CLEAN, 1, 0, 0.8],
  ["right, crop, unbalanced", BAD, 1, 1, 1.8],
  ["wrong, crop", CLEAN, 0, 1, 0],
  ["wrong, format error", BAD, 0, 0, -0.2],
  ["too long to be right", LONG, 0, 1, -0.2], // its accuracy is 0 by rule, and so is its bonus
])("DeepEyes: %s", (_, completion, accuracy, crops, expected) => {
  expect(0.8 * accuracy + 0.2 * score(completion) + 1.2 * toolBonus(crops, accuracy)).toBeCloseTo(expected, 12);
});

// acceptance 2: 1.2 accuracy + 0.4 format
test.each([
  ["right", "\\boxed{4}", 1, 1.2],
  ["right with two boxed", "\\boxed{3} \\boxed{4}", 1, 0.8],
  ["no boxed", "4", 0, -0.4],
])("DeepEyes, maths: %s", (_, completion, accuracy, expected) => {
  expect(1.2 * accuracy + 0.4 * score(completion, { answer: "boxed" })).toBeCloseTo(expected, 12);
});
