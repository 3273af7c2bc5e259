/** GLM-4.1V-Thinking (arXiv:2507.01006): gates of form, then a verifier by the row's source. */
import { describe, expect, test } from "vitest";
import { composed } from "../composed.ts";

const BOX = 'extract: { between: ["<|begin_of_box|>", "<|end_of_box|>"] }';
const rewards = composed(
  `
- { name: boxed_answer_format, weight: 0, gate: true }
- { name: language_mix, weight: 0, gate: true }
- { name: math, as: maths, when: { field: source, is: maths }, options: { ${BOX}, relative_tolerance: 1.0e-6 } }
- { name: math, as: physics, when: { field: source, is: physics }, options: { ${BOX}, relative_tolerance: 1.0e-5 } }
- { name: number, as: chart, when: { field: source, is: chart }, options: { ${BOX}, relative: 0.025, floor: 1.0e-6, years: true } }
- { name: number, as: spatial, when: { field: source, is: spatial }, options: { ${BOX}, relative: 0.9, floor: 0.9, near_zero: 0.9 } }
- { name: edit_ratio, as: ocr, when: { field: source, is: ocr }, options: { ${BOX} } }
- { name: edit_ratio, as: ocr_any_case, when: { field: source, is: ocr_any_case }, options: { ${BOX}, ignore_case: true } }
- { name: box_set, as: grounding, when: { field: source, is: grounding }, options: { tag: answer } }
- { name: regex, as: short, weight: 0, when: { field: source, is: place }, options: { ${BOX}, pattern: ".{0,50}", full: true } }
- { name: judge_graded, as: place, when: { field: source, is: place }, times: short, options: { judge: atlas, low: 0, high: 10 } }`,
  { atlas: { kind: "rule", rules: [{ pattern: "Lyon", answer: "SCORE: 5" }], otherwise: "SCORE: 0" } },
);
const reply = (answer: string) => `<think>x</think><answer>so <|begin_of_box|>${answer}<|end_of_box|></answer>`;

test.each([
  ["ocr", "hello wrld", "hello world", 0.9], // 1 edit of 10 characters without blanks
  ["ocr", "HELLO", "hello", 0],
  ["ocr_any_case", "HELLO", "hello", 1],
])("point 1: %s, %j for %j: %f", async (source, given, answer, expected) => {
  expect((await rewards(reply(given), { source, answer })).reward).toBeCloseTo(expected, 12);
});

test.each([
  ["maths", "3.14159", "3.1416", 0], // 1e-5 / 3.1416 = 3.2e-6
  ["physics", "3.14159", "3.1416", 1],
  ["chart", "98", "100", 1], // 2 %
  ["chart", "97", "100", 0],
  ["chart", "1999", "2000", 0], // years
  ["spatial", "5", "40", 1], // 35 / 40.9 = 0.856
  ["spatial", "2", "40", 0], // 38 / 40.9 = 0.929
  ["spatial", "50%", "0.5", 1],
])("point 2: %s, %j for %j: %i", async (source, given, answer, expected) => {
  expect((await rewards(reply(given), { source, answer })).reward).toBe(expected);
});

describe("point 3: without the form nothing, though it is right", () => {
  test.each([
    ["no box", "<think>x</think><answer>7</answer>"],
    ["two boxes", reply("7<|end_of_box|><|begin_of_box|>7")],
    ["another box", "<think>x</think><answer>\\boxed{3} <|begin_of_box|>7<|end_of_box|></answer>"],
    ["text before the thinking", `so ${reply("7")}`],
    ["an answer in the answer", reply("7").replace("so ", "<answer>")],
  ])("%s", async (_, completion) => {
    const { reward, parts } = await rewards(completion, { source: "maths", answer: "7" });
    expect([reward, parts.boxed_answer_format]).toEqual([0, 0]);
  });
  test("with it", async () => expect((await rewards(reply("7"), { source: "maths", answer: "7" })).reward).toBe(1));
});

test("point 6: three boxes of IoU 0.6, 0.4 and 0.8, two of them above 0.5", async () => {
  const boxes = [0, 20, 40].map((x) => [x, 0, x + 10, 10]);
  const given = [6, 4, 8].map((height, i) => [20 * i, 0, 20 * i + 10, height]);
  const { reward } = await rewards(reply(JSON.stringify(given)), { source: "grounding", answer: "", boxes });
  expect(reward).toBeCloseTo(2 / 3, 12);
});

test("point 6: a place by a judge, unless more than 50 characters are written", async () => {
  const row = { source: "place", answer: "Lyon, old town" };
  expect((await rewards(reply("Lyon, somewhere"), row)).reward).toBe(0.5);
  expect((await rewards(reply(`Lyon, ${"x".repeat(54)}`), row)).reward).toBe(0);
});
