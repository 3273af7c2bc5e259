import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CheckpointError, DataError } from "../../core/errors.ts";
import type { Message, Picture } from "../../core/types.ts";
import { loadProcessor } from "./load.ts";

const fixtures = join(import.meta.dirname, "../../tests/fixtures");
const small = ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"];
const files = {
  llama: small,
  smolvlm: [...small, "chat_template.jinja", "preprocessor_config.json", "processor_config.json"],
};

let parent = "";
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "processor-"));
});
afterEach(() => rm(parent, { recursive: true }));

/** A copy of a fixture's small files; `change` replaces fields of its JSON files, or a whole file by a string, or removes it by null. */
async function folderOf(name: keyof typeof files, change: Record<string, object | string | null> = {}): Promise<string> {
  const folder = join(parent, name);
  for (const file of files[name]) await cp(join(fixtures, name, file), join(folder, file));
  for (const [file, value] of Object.entries(change)) {
    const path = join(folder, file);
    if (value === null) await rm(path);
    else if (typeof value === "string") await writeFile(path, value);
    else await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, "utf8")) as object), ...value }));
  }
  return folder;
}

function grey(width: number, height: number, level = 51): Picture {
  return { width, height, data: new Uint8Array(width * height * 3).fill(level) };
}

function ask(text: string, ...pictures: (Picture | undefined)[]): Message[] {
  const images = pictures.map((image) => ({ type: "image" as const, image: image as Picture }));
  return [{ role: "user", content: [...images, { type: "text", text }] }];
}

describe("prompts", () => {
  test("a text model's parts are one text", async () => {
    const processor = await loadProcessor(await folderOf("llama"));
    const { prompt, text } = await processor.encodePrompt([
      {
        role: "user",
        content: [
          { type: "text", text: "2+" },
          { type: "text", text: "2?" },
        ],
      },
    ]);
    expect(text).toContain("<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n");
    expect(prompt.pixels).toBeNull();
    expect(processor.decode(prompt.tokens, { keepSpecial: true })).toBe(text);
  });

  test("a relative folder and one with a slash behind it load too", async () => {
    const folder = await folderOf("llama");
    for (const path of [relative(process.cwd(), folder), `${folder}/`]) {
      const processor = await loadProcessor(path);
      expect(processor.decode(processor.encode("red"))).toBe("red");
    }
  });

  test("a prompt without pictures has no pixels", async () => {
    const { prompt } = await (await loadProcessor(await folderOf("smolvlm"))).encodePrompt(ask("Hi"));
    expect(prompt.pixels).toBeNull();
  });

  test("levels become floats by the folder's numbers", async () => {
    const change = { do_image_splitting: false, image_mean: [0.2, 0.1, 0], image_std: [1, 0.5, 0.1] };
    const processor = await loadProcessor(await folderOf("smolvlm", { "preprocessor_config.json": change }));
    const { prompt } = await processor.encodePrompt(ask("Hi", grey(32, 32)));
    const { data } = prompt.pixels!;
    // 51 / 255 = 0.2, and then (0.2 - 0.2) / 1, (0.2 - 0.1) / 0.5, 0.2 / 0.1
    for (const [channel, value] of [0, 0.2, 2].entries()) {
      expect(data[channel * 1024]).toBeCloseTo(value, 6);
      expect(data[channel * 1024 + 1023]).toBeCloseTo(value, 6);
    }
  });

  test("settings that transformers 5 keeps in processor_config.json count", async () => {
    const folder = await folderOf("smolvlm");
    const image_processor: unknown = JSON.parse(await readFile(join(folder, "preprocessor_config.json"), "utf8"));
    await folderOf("smolvlm", { "processor_config.json": { image_processor }, "preprocessor_config.json": null });
    const { prompt } = await (await loadProcessor(folder)).encodePrompt(ask("Hi", grey(64, 32)));
    expect(prompt.pixels!.shape).toEqual([3, 3, 32, 32]);
  });

  test("what a caller does to a result does not change the next one", async () => {
    const processor = await loadProcessor(await folderOf("smolvlm"));
    const first = await processor.encodePrompt(ask("Hi", grey(32, 32)));
    const tokens = [...first.prompt.tokens];
    const pixels = [...first.prompt.pixels!.data];
    first.prompt.tokens.fill(0);
    first.prompt.pixels!.data.fill(0);
    processor.encode("Hi").fill(0);
    const second = await processor.encodePrompt(ask("Hi", grey(32, 32)));
    expect([...second.prompt.tokens]).toEqual(tokens);
    expect([...second.prompt.pixels!.data]).toEqual(pixels);
    expect(processor.decode(processor.encode("Hi"))).toBe("Hi");
  });

  test("prompts of the same text and other grids are told apart", async () => {
    const processor = await loadProcessor(await folderOf("smolvlm"));
    const wide = await processor.encodePrompt(ask("Hi", grey(64, 32)));
    const square = await processor.encodePrompt(ask("Hi", grey(64, 64)));
    // 4 tokens a tile; 1 x 2 tiles and the whole, 2 x 2 tiles and the whole
    expect(wide.text.split("<image>").length - 1).toBe(3 * 4);
    expect(square.text.split("<image>").length - 1).toBe(5 * 4);
  });

  test.each<[string, Message[], string]>([
    ["a missing picture", ask("Hi", undefined), "prompt: messages[0].content[0].image: the picture is missing"],
    ["bytes that are no picture", ask("Hi", { ...grey(2, 2), width: 3 }), "expected 3 x 2 x 3 bytes of RGB, got 12"],
    ["an empty picture", ask("Hi", grey(0, 2)), "expected 0 x 2 x 3 bytes of RGB, got 0"],
    ["a placeholder in the text", ask("What is <image>?", grey(32, 32)), "2 times <image> for 1 pictures"],
  ])("%s is an error", async (_, messages, message) => {
    const processor = await loadProcessor(await folderOf("smolvlm"));
    const error: unknown = await processor.encodePrompt(messages).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(String(error)).toContain(message);
  });

  test("a picture for a text model is an error", async () => {
    const processor = await loadProcessor(await folderOf("llama"));
    await expect(processor.encodePrompt(ask("Hi", grey(32, 32)))).rejects.toThrow("reads text only");
  });

  test("a template that leaves the picture out is an error", async () => {
    const template = "{% for message in messages %}{{ message['content'][1]['text'] }}{% endfor %}";
    const processor = await loadProcessor(await folderOf("smolvlm", { "chat_template.jinja": template }));
    await expect(processor.encodePrompt(ask("Hi", grey(32, 32)))).rejects.toThrow("0 times <image> for 1 pictures");
  });
});

describe("tokens", () => {
  test.each<[string, Record<string, object | null>, number[], number]>([
    ["generation_config.json", {}, [5, 6], 2],
    ["a single id", { "generation_config.json": { eos_token_id: 6, pad_token_id: 0 } }, [6], 0],
    // pad_token_id is 2 in config.json
    ["config.json", { "generation_config.json": null, "config.json": { eos_token_id: [6, 5] } }, [6, 5], 2],
    ["the text part of config.json", { "generation_config.json": null }, [5], 2],
    // eos_token is <end_of_utterance>, token 5, and pad_token <|im_end|>, token 2
    ["the tokenizer", { "generation_config.json": null, "config.json": { text_config: {}, pad_token_id: null } }, [5], 2],
  ])("stop and padding ids from %s", async (_, change, stopIds, padId) => {
    const processor = await loadProcessor(await folderOf("smolvlm", change));
    expect(processor.stopIds).toEqual(stopIds);
    expect(processor.padId).toBe(padId);
  });

  test("pieces of every id, and none where the embedding has more rows", async () => {
    const processor = await loadProcessor(await folderOf("smolvlm", { "config.json": { text_config: { vocab_size: 310 } } }));
    const pieces = processor.tokenPieces();
    expect(pieces.length).toBe(310);
    expect(pieces.slice(0, 2)).toEqual(["<|endoftext|>", "<|im_start|>"]);
    expect(pieces.slice(304)).toEqual(["", "", "", "", "", ""]);
    expect(processor.tokenPieces()).toBe(pieces);
  });

  test("nothing decodes to nothing", async () => {
    const processor = await loadProcessor(await folderOf("llama"));
    expect(processor.decode(new Int32Array())).toBe("");
    expect(processor.encode("").length).toBe(0);
  });
});

test.each(["llama", "smolvlm"] as const)("%s is saved byte for byte, even when its folder is gone", async (name) => {
  const folder = await folderOf(name);
  const processor = await loadProcessor(folder);
  await rm(folder, { recursive: true });
  const target = await mkdtemp(join(parent, "saved-"));
  await processor.save(target);
  const expected = files[name].filter((file) => file !== "config.json");
  expect((await readdir(target)).sort()).toEqual(expected.sort());
  for (const file of expected) expect(await readFile(join(target, file))).toEqual(await readFile(join(fixtures, name, file)));
});

describe("bad folders", () => {
  test.each<[string, Parameters<typeof folderOf>[1], string, string]>([
    ["no config", { "config.json": null }, "config.json", "no such file"],
    ["no tokenizer", { "tokenizer.json": null }, "tokenizer.json", "no such file"],
    ["no tokenizer config", { "tokenizer_config.json": null }, "tokenizer_config.json", "no such file"],
    ["a tokenizer cut short", { "tokenizer.json": '{"version": "1.0", ' }, "tokenizer.json", "can't be read as a tokenizer"],
    ["broken JSON", { "config.json": "{" }, "config.json", "not valid JSON"],
    ["broken generation config", { "generation_config.json": "" }, "generation_config.json", "not valid JSON"],
    ["an end token that is no id", { "generation_config.json": { eos_token_id: "x" } }, "generation_config.json", "eos_token_id"],
    ["no chat template", { "chat_template.jinja": null }, "chat_template.jinja", "no chat template"],
    ["no image processor", { "preprocessor_config.json": null }, "preprocessor_config.json", "the model takes pictures"],
    [
      "another image processor",
      { "preprocessor_config.json": { image_processor_type: "CLIPImageProcessor" } },
      "preprocessor_config.json",
      'image_processor_type: no image processor is called "CLIPImageProcessor" here',
    ],
    ["another filter", { "preprocessor_config.json": { resample: 0 } }, "preprocessor_config.json", "resample: expected 1 (Lanczos)"],
    // 32 / 8 = 4 patches a side, folded by 2: 2 * 2 = 4
    [
      "a wrong count",
      { "processor_config.json": { image_seq_len: 16 } },
      "processor_config.json",
      "image_seq_len: 16, but the model makes 4",
    ],
    ["a grid that does not fold", { "config.json": { scale_factor: 3 } }, "config.json", "make no whole number of rows"],
    ["another image token", { "config.json": { image_token_id: 9 } }, "config.json", "image_token_id: 9, but <image> is token 4"],
  ])("%s", async (_, change, file, message) => {
    const folder = await folderOf("smolvlm", change);
    const error: unknown = await loadProcessor(folder).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(String(error)).toContain(join(folder, file));
    expect(String(error)).toContain(message);
  });

  test("no end token anywhere", async () => {
    const change = { "generation_config.json": null, "config.json": { eos_token_id: null }, "tokenizer_config.json": { eos_token: null } };
    await expect(loadProcessor(await folderOf("llama", change))).rejects.toThrow("nothing says which token ends a completion");
  });

  test("a folder that is not there", async () => {
    await expect(loadProcessor(join(parent, "nowhere"))).rejects.toThrow(CheckpointError);
  });

  test("a template that can't be rendered", async () => {
    const processor = await loadProcessor(await folderOf("llama", { "tokenizer_config.json": { chat_template: "{% if %}" } }));
    await expect(processor.encodePrompt(ask("Hi"))).rejects.toThrow("the chat template can't render user");
  });
});
