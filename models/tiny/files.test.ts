import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { Message, Picture } from "../../core/types.ts";
import { loadProcessor } from "../processor/load.ts";
import type { Processor } from "../processor.ts";
import { tinyConfig, tinyImageTokens } from "./config.ts";
import { writeTinyFiles } from "./files.ts";
import { pieces } from "./vocabulary.ts";

let folder = "";
let processor: Processor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiny-"));
  await writeTinyFiles(join(folder, "a"));
  processor = await loadProcessor(join(folder, "a"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The text cut into its tokens. */
const cut = (text: string): string[] => [...processor.encode(text)].map((id) => processor.tokenPieces()[id]!);

const side = tinyConfig.vision.image_size;
const black: Picture = { width: side, height: side, data: new Uint8Array(side * side * 3) };
const question: Message = {
  role: "user",
  content: [
    { type: "image", image: black },
    { type: "text", text: "What is the sum of the digits?" },
  ],
};

test("the same bytes every time", async () => {
  await writeTinyFiles(join(folder, "b"));
  const names = await readdir(join(folder, "a"));
  expect(names.sort()).toEqual([
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  for (const name of names) expect(await readFile(join(folder, "b", name))).toEqual(await readFile(join(folder, "a", name)));
});

test("the model has a row for every token", async () => {
  const { text_config } = JSON.parse(await readFile(join(folder, "a", "config.json"), "utf8")) as { text_config: { vocab_size: number } };
  expect(processor.tokenPieces().length).toBe(text_config.vocab_size);
});

test("every piece of the vocabulary is one token", () => {
  for (const piece of pieces) expect(cut(piece)).toEqual([piece]);
});

test("a trace is cut at its numbers, each with its sign", () => {
  const trace = "<think>3<box>4,10,16,22</box>7<box>18,2,30,14</box>3+7=10;10+5=15</think><answer>15</answer>";
  expect(cut(trace).join("|")).toBe(
    "<think>|3|<box>|4|,10|,16|,22|</box>|7|<box>|18|,2|,30|,14|</box>|3|+7|=10|;10|+5|=15|</think>|<answer>|15|</answer>",
  );
});

test("markup survives decoding without special tokens", () => {
  const ids = processor.encode("<think>1</think><answer>2</answer><end_of_utterance>");
  expect(processor.decode(ids)).toBe("<think>1</think><answer>2</answer>");
  expect(processor.decode(ids, { keepSpecial: true })).toBe("<think>1</think><answer>2</answer><end_of_utterance>");
});

test("a question about one picture is a short prompt", async () => {
  expect(tinyImageTokens()).toBe(16); // 32 / 8 = 4 patches a side, none folded: 4 * 4
  const { prompt, text } = await processor.encodePrompt([question]);
  const picture = `<fake_token_around_image><global-img>${"<image>".repeat(16)}<fake_token_around_image>`;
  expect(text).toBe(`<|im_start|>User:${picture}What is the sum of the digits?<end_of_utterance>\nAssistant:`);
  // <|im_start|> User : | 3 + 16 around and in the picture | 7 words and ? | <end_of_utterance> \n Assistant :
  expect(prompt.tokens.length).toBe(3 + 19 + 8 + 4);
  expect(prompt.pixels!.shape).toEqual([1, 3, side, side]);
  expect(new Set(prompt.pixels!.data)).toEqual(new Set([Math.fround(-1 / 3)])); // (0 / 255 - 0.1) / 0.3
});

test("a conversation is prompt, response and end token laid end to end", async () => {
  const answered: Message = { role: "assistant", content: [{ type: "text", text: "<answer>7</answer>" }] };
  const before = await processor.encodePrompt([question]);
  const after = await processor.encodePrompt([question, answered, question]);
  const turn = [...before.prompt.tokens, ...processor.encode("<answer>7</answer>"), processor.stopIds[0]!];
  expect([...after.prompt.tokens].slice(0, turn.length)).toEqual(turn);
  expect(cut("<end_of_utterance>")).toEqual(["<end_of_utterance>"]);
  expect([...processor.encode("<end_of_utterance>")]).toEqual(processor.stopIds);
});

test.each([
  "",
  "  two  spaces\tand\n\nnew lines\r\n ",
  "café naïve 日本語 😀 — ½ é Ⅷ ²³ नमस्ते 12٣٤",
  "👩‍👩‍👧‍👦🏳️‍🌈",
  "\uFEFF,5 \u0000\u0085\u00A0\u2003\u2028",
  "123456,7890+27=28;100(,5)-5",
])("%j comes back as it was", (text) => {
  expect(processor.decode(processor.encode(text))).toBe(text);
});

test("random text of all planes comes back as it was", () => {
  const random = new Random(1);
  const planes = [0x7f, 0x7ff, 0xd7ff, 0x10ffff] as const; // one to four bytes of UTF-8
  for (let n = 0; n < 300; n++) {
    let text = "";
    for (let length = random.integer(0, 30); length > 0; length--) {
      const point = random.integer(0, planes[random.integer(0, 3)]!);
      // A surrogate is no character.
      if (point < 0xd800 || point > 0xdfff) text += String.fromCodePoint(point);
    }
    expect(processor.decode(processor.encode(text))).toBe(text);
  }
});
