/** ReWatch-R1 (ICLR 2026): true observations and their sufficiency multiply a right answer. */
import { expect, test } from "vitest";
import { composed } from "../composed.ts";

/** A judge by rules: observations that say "a red door" are true, and who is told of it knows the answer. */
const judges = (solved = "B") => ({
  grader: {
    kind: "rule" as const,
    rules: [
      { pattern: "Answer the question from this alone", answer: `ANSWER: ${solved}` },
      { pattern: "Somebody answered:\\s+\\[response \\w+\\]\\s+B\\s", answer: "VERDICT: yes" },
      { pattern: "and says to have seen this:\\s+\\[response \\w+\\]\\s+a red door", answer: "VERDICT: yes" },
    ],
    otherwise: "VERDICT: no",
  },
});
const yaml = (form = "") => `
- { name: choice, as: accuracy }
- { name: judge_observations, as: observation, times: accuracy, options: { judge: grader } }
- { name: judge_sufficiency, as: reasoning, times: accuracy, options: { judge: grader } }
- { name: observation_format, as: form${form} }`;

const row = { question: "Which?", answer: "B", caption: "A red door opens." };
const pair = (seen: string) => `I look. <action>look</action> <observation>${seen}</observation>`;
const TWO_OF_THREE = pair("a red door") + pair("a red door, open") + pair("a cat");
const reply = (pairs: string, answer = "B") => `${pairs} so <answer>${answer}</answer>`;

test.each([
  ["point 1: right, two of three are true, they suffice", reply(TWO_OF_THREE), "B", 3.666667], // 1 * (1 + 2/3 + 1) + 1
  ["point 1: they do not suffice", reply(TWO_OF_THREE), "A", 2.666667],
  ["point 1: wrong", reply(TWO_OF_THREE, "A"), "B", 1],
  ["point 1: right without pairs", reply(""), "B", 2],
  ["point 2: wrong, though all is true and suffices: not 3", reply(pair("a red door"), "A"), "B", 1],
  ["an action that saw nothing spoils the form and is left out", reply(`${pair("a red door")}<action>look</action>`), "B", 3],
  ["no answer is no right one", pair("a red door"), "B", 0],
])("%s", async (_, completion, solved, expected) => {
  expect((await composed(yaml(), judges(solved))(completion, row)).reward).toBeCloseTo(expected, 6);
});

test("point 1: without pairs 1 where the form needs one", async () => {
  const strict = composed(yaml(", options: { pairs_required: true }"), judges());
  expect((await strict(reply(""), row)).reward).toBe(1);
  expect((await strict(reply(pair("a red door")), row)).reward).toBe(4);
});

test("no judge is asked where there is no pair, and one that can't be read is a failure", async () => {
  const mute = { grader: { kind: "rule" as const, rules: [{ pattern: "^$", answer: "" }], otherwise: null } };
  expect((await composed(yaml(), mute)(reply(""), row)).reward).toBe(2);
  await expect(composed(yaml(), mute)(reply(pair("x")), row)).rejects.toThrow("observation: JudgeFailed: no rule fits the question");
});
