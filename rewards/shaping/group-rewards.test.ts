import { expect, test } from "vitest";
import { askAll } from "../ask.ts";
import type { AnyReward } from "../define.ts";
import { toolCuriosity } from "./curiosity.ts";
import { groupDiversity } from "./diversity.ts";
import { groupLengths } from "./group-length.ts";

async function scores(definition: AnyReward, texts: string[], options: object = {}) {
  const members = texts.map((completion) => ({
    completion,
    exampleId: "a",
    fields: { answer: "4" },
    seed: 0,
    tokens: completion.length,
    finish: "stop" as const,
  }));
  const outcomes = await askAll({ definition, field: "answer", options: definition.options?.parse(options) ?? {} }, members);
  return outcomes.map((outcome) => (outcome.kind === "score" ? outcome.score : outcome));
}
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 12));
const CALL = "<tool_call>{}</tool_call><tool_response>Error: x</tool_response>";

test("curiosity: 1 of 8 members calls, and fails: 0.5 * (0.3 - 0.125)", async () => {
  expect(await scores(toolCuriosity, [CALL, ...Array(7).fill("so")])).toEqual(close([0.0875, 0, 0, 0, 0, 0, 0, 0]));
  expect(await scores(toolCuriosity, [CALL, CALL, CALL], { rate: 1 })).toEqual([0, 0, 0]); // all of them do
  expect(await scores(toolCuriosity, [`${CALL}${CALL}`, "so"], { alpha: 0 })).toEqual(close([-0.05, 0]));
});

test("diversity of texts, of one block, and of answers", async () => {
  const texts = ["<think>a b c</think><answer>4</answer>", "<think>a b d</think><answer> 4</answer>", "<think>x y</think>"];
  // ab is one of ab, bc, bd
  expect(await scores(groupDiversity, texts, { within: "think" })).toEqual(close([5 / 6, 5 / 6, 1]));
  expect(await scores(groupDiversity, texts, { of: "answer" })).toEqual([1 / 2, 1 / 2, 0]);
  expect(await scores(groupDiversity, ["a b", "a b"])).toEqual([0, 0]);
});

test("lengths: 18, 22 and 38 tokens, the last one wrong: 0.5 - 0, 0.5 - 4 / 20, min(0, 0.5 - 1)", async () => {
  const right = "<answer>4</answer>";
  const texts = [right, `1234${right}`, `${".".repeat(20)}<answer>5</answer>`];
  expect(texts.map((text) => text.length)).toEqual([18, 22, 38]);
  expect(await scores(groupLengths, texts)).toEqual(close([0.5, 0.3, -0.5]));
});
