import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { boxedAnswerFormat } from "./boxed-answer-format.ts";

const score = (completion: string, box = "required") =>
  boxedAnswerFormat.score(rewardInput({ completion, target: undefined, options: boxedAnswerFormat.options!.parse({ box }) }));
const BOX = "<|begin_of_box|>3<|end_of_box|>";
const reply = (answer: string) => `<think>a</think><answer>${answer}</answer>`;

// GLM-4.1V-Thinking, acceptance 3, and its neighbours: [required, optional]
test.each([
  [reply(`It is ${BOX}.`), [1, 1]],
  [`\n<think>a\nb</think>\n <answer>${BOX}</answer> `, [1, 1]],
  [`<THINK>a</Think><answer>${BOX}</ANSWER>`, [1, 1]],
  [reply("3"), [0, 1]], // no box
  [reply(BOX + BOX), [0, 0]], // two
  [reply(`\\boxed{3} ${BOX}`), [0, 0]],
  [reply("\\boxed{3}"), [0, 0]],
  [`So ${reply(BOX)}`, [0, 0]], // text before
  [`${reply(BOX)} done`, [0, 0]],
  [`<think>a</think> so <answer>${BOX}</answer>`, [0, 0]],
  [reply(`<answer>${BOX}</answer>`), [0, 0]], // nested
  [`<think><think>a</think><answer>${BOX}</answer>`, [0, 0]],
  [reply("<|end_of_box|>3<|begin_of_box|>"), [0, 0]],
  [reply("<|begin_of_box|>3"), [0, 0]],
  [`<think>${BOX}</think><answer>3</answer>`, [0, 1]], // in the thought
  ["", [0, 0]],
])("%j scores %j", (completion, expected) => {
  expect([score(completion), score(completion, "optional")]).toEqual(expected);
});
