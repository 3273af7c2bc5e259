import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Message, Part } from "../core/types.ts";
import { loadProcessor } from "../models/processor/load.ts";
import type { Processor } from "../models/processor.ts";
import { writeTinyFiles } from "../models/tiny/files.ts";
import { fixture } from "../tests/run/fixtures.ts";
import { encodeConversation, type TrainOn } from "./conversation.ts";

let folder: string;
let processor: Processor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-conversation-"));
  await writeTinyFiles(folder);
  processor = await loadProcessor(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const say = (role: Message["role"], ...content: (string | Part)[]): Message => ({
  role,
  content: content.map((part) => (typeof part === "string" ? { type: "text", text: part } : part)),
});
const picture: Part = { type: "image", image: { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) } };
const TALK = [say("user", "1 + 2"), say("assistant", "3"), say("user", "and + 4"), say("assistant", "<answer>7</answer>")];

/** The text of the tokens with a mask of 1, a bar between stretches of them. */
async function learned(messages: Message[], trainOn: TrainOn) {
  const { prompt, tokens, mask } = await encodeConversation(processor, messages, trainOn, "row");
  const pieces = processor.tokenPieces();
  const text = [...tokens].map((id, t) => (mask[t] === 1 ? pieces[id] : "|")).join("");
  return { text: text.replace(/\|+/g, "|"), whole: processor.decode([...prompt.tokens, ...tokens], { keepSpecial: true }), mask };
}

// the template: <|im_start|>User:…<end_of_utterance>\nAssistant:…
const WHOLE =
  "<|im_start|>User:1 + 2<end_of_utterance>\nAssistant:3<end_of_utterance>\nUser:and + 4<end_of_utterance>\nAssistant:<answer>7</answer><end_of_utterance>";

test.each<[TrainOn, string]>([
  ["completion", "<answer>7</answer><end_of_utterance>"],
  ["assistant", "3<end_of_utterance>|<answer>7</answer><end_of_utterance>"],
  ["all", WHOLE.slice("<|im_start|>".length)],
])("%s learns %j of the whole conversation", async (trainOn, expected) => {
  const { text, whole, mask } = await learned(TALK, trainOn);
  expect(whole).toBe(WHOLE);
  expect(text).toBe(expected);
  expect(new Set(mask)).toEqual(new Set(trainOn === "assistant" ? [0, 1] : [1]));
});

test("the tokens are those of a prompt, an answer and its end, as a policy would see and write them", async () => {
  const { prompt, tokens } = await encodeConversation(processor, TALK, "completion", "row");
  expect(prompt).toEqual((await processor.encodePrompt(TALK.slice(0, 3))).prompt);
  expect([...tokens]).toEqual([...processor.encode("<answer>7</answer>"), processor.stopIds[0]]);
});

test("turns say where each answer stands", async () => {
  const { tokens, turns } = await encodeConversation(processor, TALK, "all", "row");
  expect(turns.map(({ text }) => text)).toEqual(["3", "<answer>7</answer>"]);
  for (const turn of turns) expect(tokens.slice(turn.start, turn.start + turn.tokens.length)).toEqual(turn.tokens);
});

test.each([
  ["qwen2", "3<|im_end|>", "7<|im_end|>"],
  ["smolvlm", " 3<end_of_utterance>", " 7<end_of_utterance>"],
])("a template of %s is taken apart: %j and %j are learned", async (model, first, last) => {
  const own = await loadProcessor(fixture(model));
  const messages = [...TALK.slice(0, 3), say("assistant", "7")];
  const { prompt, tokens, mask } = await encodeConversation(own, messages, "assistant", "row");
  // the same tokens as of the whole text: what the template makes of it, up to the end of the last answer
  const { prompt: before } = await own.encodePrompt(messages.slice(0, 3));
  const ends = [...own.encode(last.replace(/<.*/, "")), own.stopIds[0]];
  expect([...prompt.tokens, ...tokens]).toEqual([...before.tokens, ...ends]);
  const stretches = own.decode(
    [...tokens].map((id, t) => (mask[t] === 1 ? id : own.encode("#")[0]!)),
    { keepSpecial: true },
  );
  expect(stretches.split(/#+/)).toEqual([first, last]);
});

describe("refuses", () => {
  const refused = (messages: Message[], trainOn: TrainOn, of: Partial<Processor> = {}) =>
    encodeConversation({ ...processor, ...of }, messages, trainOn, "row-7").then(
      () => "",
      (error: Error) => error.message,
    );

  test.each<[string, Message[], TrainOn]>([
    ["row-7: expected the conversation to end with an answer", TALK.slice(0, 3), "assistant"],
    ["row-7: expected an answer behind something to answer", TALK.slice(1), "assistant"],
    ["row-7: message 1 is an empty answer", [TALK[0]!, say("assistant", ""), ...TALK.slice(2)], "assistant"],
    ["row-7: a picture comes after the first answer", [...TALK.slice(0, 2), say("user", picture, "?"), TALK[3]!], "assistant"],
    ["row-7: a prompt with a picture can't be learned itself", [say("user", picture, "?"), TALK[1]!], "all"],
  ])("%s", async (message, messages, trainOn) => {
    expect(await refused(messages, trainOn)).toContain(message);
  });

  test("but takes a picture in an earlier turn of the prompt", async () => {
    expect(await refused([say("user", picture, "?"), ...TALK.slice(1)], "assistant")).toBe("");
    expect(await refused([...TALK.slice(0, 2), say("user", picture, "?"), TALK[3]!], "completion")).toBe("");
  });

  test("a template that changes what was answered, or does not end it", async () => {
    const encodePrompt: Processor["encodePrompt"] = async (messages) => {
      const { prompt, text } = await processor.encodePrompt(messages);
      return { prompt, text: text.replace("Assistant:3", "Assistant:") };
    };
    expect(await refused(TALK, "assistant", { encodePrompt })).toContain("writes an earlier answer otherwise than as it was given");
    expect(await refused(TALK, "assistant", { stopIds: [0] })).toContain("does not end an answer with a stop token");
  });
});
