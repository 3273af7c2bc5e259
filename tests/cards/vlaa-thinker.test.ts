/** VLAA-Thinker (arXiv:2504.11468): a verifier by the row's task, nothing without an answer. */
import { describe, expect, test } from "vitest";
import { advantages } from "../../trainers/advantages/index.ts";
import { GrpoStage } from "../../trainers/options.ts";
import { composed } from "../composed.ts";
import { judged } from "../judged.ts";

/** A scorer of answers: the points that an answer says it has. */
const judges = {
  scorer: {
    kind: "rule" as const,
    rules: [5.2, 4.1, 4, 3].map((points) => ({ pattern: `\\b${points} points`.replace(".", "\\."), answer: `SCORE: ${points}` })),
    otherwise: "SCORE: 0",
  },
};
const rewards = (beta = 1) =>
  composed(
    `
- { name: regex, as: has_answer, weight: 0, gate: true, options: { extract: answer, pattern: "\\\\S" } }
- { name: number, as: digit, when: { field: task, is: digit } }
- { name: choice, when: { field: task, is: mcq } }
- { name: math, when: { field: task, is: math } }
- { name: box_overlap, as: iou, when: { field: task, is: iou }, options: { tag: answer } }
- { name: judge_relative, as: open, when: { field: task, is: open }, options: { judge: scorer, beta: ${beta} } }`,
    judges,
  );
const reply = (answer: string) => `<think>x</think><answer>${answer}</answer>`;

test.each([
  [1, "5.2 points", 0.69881], // 1 - exp(-1.2)
  [1, "4.1 points", 0.09516], // 1 - exp(-0.1)
  [1, "4 points", 0],
  [1, "3 points", 0],
  [0.5, "5.2 points", 0.45119], // 1 - exp(-0.6)
])("point 1: beta %f, %s over a reference of 4: %f", async (beta, answer, expected) => {
  expect((await rewards(beta)(reply(answer), { task: "open", answer: "4 points" })).reward).toBeCloseTo(expected, 5);
});

test.each([
  ["digit", { answer: "4" }, "4"],
  ["mcq", { answer: "B" }, "B"],
  ["math", { answer: "1/2" }, "0.5"],
  ["iou", { box: [0, 0, 1, 1] }, "[0, 0, 1, 1]"],
  ["open", { answer: "4 points" }, "5.2 points"],
])("point 2: %s without an answer block is 0, with it more", async (task, row, answer) => {
  const score = rewards();
  expect((await score(`<think>x</think> ${answer}`, { task, ...row })).reward).toBe(0);
  expect((await score(reply(answer), { task, ...row })).reward).toBeGreaterThan(0.6);
});

test.each([
  ["B", 1],
  ["(b)", 1],
  ["B)", 1],
  ["B. dog", 1],
  ["AB", 0],
])("point 3: %s: %i", async (answer, expected) => {
  expect((await rewards()(reply(answer), { task: "mcq", answer: "B" })).reward).toBe(expected);
});

test("point 4: half of either box is shared: 1/3", async () => {
  const { reward } = await rewards()(reply("[0, 0, 0.5, 0.5]"), { task: "iou", box: [0.25, 0, 0.75, 0.5] });
  expect(reward).toBeCloseTo(1 / 3, 12);
});

describe("point 6: a group of 1, 0, 0, 1", () => {
  test.each([
    ["population", 1], // 0.5 / 0.5
    ["sample", 0.866], // 0.5 / sqrt(1 / 3)
  ])("%s deviation: %f", async (std, expected) => {
    const group = await Promise.all(["B", "A", "C", "B"].map((letter) => rewards()(reply(letter), { task: "mcq", answer: "B" })));
    const stage = GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, std, std_epsilon: 0 });
    const [estimate] = advantages.get("group_mean").estimate([group.map(({ reward }) => judged(reward, { tokens: 1 }))], stage);
    for (const [i, sign] of [1, -1, -1, 1].entries()) expect(estimate![i]![0]).toBeCloseTo(sign * expected, 4);
  });
});
