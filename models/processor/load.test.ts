import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CheckpointError, DataError, RecipeError } from "../../core/errors.ts";
import type { Message, Picture } from "../../core/types.ts";
import { loadProcessor } from "./load.ts";

const fixtures = join(import.meta.dirname, "../../tests/fixtures");
const small = ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"];
const withPictures = [...small, "chat_template.jinja", "preprocessor_config.json", "processor_config.json"];
const files = {
  llama: small,
  qwen3: [...small, "chat_template.jinja"],
  smolvlm: withPictures,
  qwen2_5_vl: [...withPictures, "config.v4.json"],
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
    [
      "a video",
      [{ role: "user", content: [{ type: "video", video: "a.mp4" } as never] }],
      'prompt: messages[0].content[0]: a part of type "video"',
    ],
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

describe("qwen pictures", () => {
  const pad = "<|image_pad|>";
  const placed = (tokens: number) => `<|vision_start|>${pad.repeat(tokens)}<|vision_end|>`;

  test("a conversation with several pictures in several messages", async () => {
    const processor = await loadProcessor(await folderOf("qwen2_5_vl"));
    const image = (width: number, height: number) => ({ type: "image" as const, image: grey(width, height) });
    const { prompt, text } = await processor.encodePrompt([
      { role: "system", content: [{ type: "text", text: "Be brief." }] },
      { role: "user", content: [image(32, 16), { type: "text", text: "A" }, image(16, 24), { type: "text", text: "B" }] },
      { role: "assistant", content: [{ type: "text", text: "C" }] },
      { role: "user", content: [{ type: "text", text: "D" }, image(48, 32)] },
    ]);
    // Patches of 4 pixels, of which 2 x 2 are a token: 4 x 8, 6 x 4 and 8 x 12 patches are 8, 6 and 24 tokens.
    expect(text).toBe(
      "<|im_start|>system\nBe brief.<|im_end|>\n" +
        `<|im_start|>user\n${placed(8)}A${placed(6)}B<|im_end|>\n` +
        "<|im_start|>assistant\nC<|im_end|>\n" +
        `<|im_start|>user\nD${placed(24)}<|im_end|>\n<|im_start|>assistant\n`,
    );
    expect(prompt.tokens.filter((id) => id === 302).length).toBe(38);
    // 38 * 4 patches of 3 channels x 2 frames x 4 x 4
    expect(prompt.pixels!.shape).toEqual([152, 96]);
    expect(prompt.pixels!.data.length).toBe(152 * 96);
    expect(prompt.pixels!.grids).toEqual([
      [1, 4, 8],
      [1, 6, 4],
      [1, 8, 12],
    ]);
  });

  test("a prompt without pictures has no pixels", async () => {
    const { prompt, text } = await (await loadProcessor(await folderOf("qwen2_5_vl"))).encodePrompt(ask("Hi"));
    expect(prompt.pixels).toBeNull();
    expect(text).toBe("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  });

  test("prompts of the same text and other grids are told apart", async () => {
    const processor = await loadProcessor(await folderOf("qwen2_5_vl"));
    const tokens = async (width: number, height: number) =>
      (await processor.encodePrompt(ask("Hi", grey(width, height)))).text.split(pad).length - 1;
    expect(await tokens(32, 32)).toBe(16);
    expect(await tokens(32, 16)).toBe(8);
    expect(await tokens(32, 32)).toBe(16);
  });

  test("the placeholder is the token that config.json names", async () => {
    const template = "{% for message in messages %}{% for part in message.content %}<|video_pad|>{% endfor %}{% endfor %}";
    const change = { "config.json": { image_token_id: 303 }, "chat_template.jinja": template };
    const processor = await loadProcessor(await folderOf("qwen2_5_vl", change));
    const content = [{ type: "image" as const, image: grey(16, 16) }];
    const { prompt, text } = await processor.encodePrompt([{ role: "user", content }]);
    expect(text).toBe("<|video_pad|>".repeat(4));
    expect([...prompt.tokens]).toEqual([303, 303, 303, 303]);
  });

  test.each<[string, Record<string, unknown>]>([
    // 64 x 64 pixels, of which 1024 are 8 x 8 patches
    ["transformers 5", { size: { shortest_edge: 256, longest_edge: 1024 } }],
    ["transformers 4", { size: undefined, min_pixels: 256, max_pixels: 1024 }],
    ["early transformers 4", { size: { min_pixels: 256, max_pixels: 1024 } }],
    [
      "both, of which min_pixels and max_pixels count",
      { size: { shortest_edge: 9, longest_edge: 9999 }, min_pixels: 256, max_pixels: 1024 },
    ],
    ["nulls", { size: { shortest_edge: 256, longest_edge: 1024 }, min_pixels: null, max_pixels: null }],
    ["transformers 5, nested", { nested: true, size: { shortest_edge: 256, longest_edge: 1024 } }],
    ["a name of a backend", { image_processor_type: "Qwen2VLImageProcessorFast", size: { shortest_edge: 256, longest_edge: 1024 } }],
    ["a name of the other", { image_processor_type: "Qwen2VLImageProcessorPil", size: { shortest_edge: 256, longest_edge: 1024 } }],
  ])("bounds as spelled by %s", async (_, { nested = false, ...change }) => {
    const folder = await folderOf("qwen2_5_vl", { "preprocessor_config.json": change });
    if (nested) {
      const image_processor: unknown = JSON.parse(await readFile(join(folder, "preprocessor_config.json"), "utf8"));
      await folderOf("qwen2_5_vl", { "processor_config.json": { image_processor }, "preprocessor_config.json": null });
    }
    const processor = await loadProcessor(folder);
    expect((await processor.encodePrompt(ask("Hi", grey(64, 64)))).prompt.pixels!.grids).toEqual([[1, 8, 8]]);
    // 8 x 8 grows to 16 x 16.
    expect((await processor.encodePrompt(ask("Hi", grey(8, 8)))).prompt.pixels!.grids).toEqual([[1, 4, 4]]);
  });

  test("what a folder leaves out has transformers' defaults", async () => {
    const folder = await folderOf("qwen2_5_vl");
    const wave = { width: 45, height: 30, data: Uint8Array.from({ length: 45 * 30 * 3 }, (_, i) => (i * i) % 251) };
    const stated = await (await loadProcessor(folder)).encodePrompt(ask("Hi", wave));
    const unstated = { resample: undefined, image_mean: undefined, image_std: undefined, do_resize: undefined, rescale_factor: undefined };
    await folderOf("qwen2_5_vl", { "preprocessor_config.json": { ...unstated, merge_size: undefined, temporal_patch_size: undefined } });
    const own = await (await loadProcessor(folder)).encodePrompt(ask("Hi", wave));
    expect(own.prompt.pixels).toEqual(stated.prompt.pixels);
  });

  test("without merging every patch is a token", async () => {
    const change = { "preprocessor_config.json": { merge_size: 1 }, "config.json": { vision_config: { spatial_merge_size: 1 } } };
    const { prompt } = await (await loadProcessor(await folderOf("qwen2_5_vl", change))).encodePrompt(ask("Hi", grey(20, 16)));
    expect(prompt.tokens.filter((id) => id === 302).length).toBe(5 * 4);
  });

  test("a picture of more than 200 times its width is an error, and says which", async () => {
    const processor = await loadProcessor(await folderOf("qwen2_5_vl"));
    await expect(processor.encodePrompt(ask("Hi", grey(200, 1)))).resolves.toBeDefined();
    const error: unknown = await processor.encodePrompt(ask("Hi", grey(8, 8), grey(201, 1))).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(String(error)).toContain("prompt: messages[0].content[1].image: 201 x 1 pixels, one side more than 200 times the other");
  });

  test("without resizing, pictures must be whole blocks", async () => {
    const processor = await loadProcessor(await folderOf("qwen2_5_vl", { "preprocessor_config.json": { do_resize: false } }));
    expect((await processor.encodePrompt(ask("Hi", grey(8, 24)))).prompt.pixels!.grids).toEqual([[1, 6, 2]]);
    await expect(processor.encodePrompt(ask("Hi", grey(8, 20)))).rejects.toThrow("8 x 20 pixels are no whole blocks of 8 x 8");
  });

  test("config.json as transformers 4 writes it", async () => {
    const v4 = await readFile(join(fixtures, "qwen2_5_vl", "config.v4.json"), "utf8");
    const processor = await loadProcessor(await folderOf("qwen2_5_vl", { "config.json": v4 }));
    expect((await processor.encodePrompt(ask("Hi", grey(16, 16)))).prompt.tokens.filter((id) => id === 302).length).toBe(4);
  });

  test.each<[string, Parameters<typeof folderOf>[1], string, string]>([
    ["other patches", { "preprocessor_config.json": { patch_size: 14 } }, "preprocessor_config.json", "patch_size: 14, but the model's"],
    ["another merge", { "preprocessor_config.json": { merge_size: 1 } }, "preprocessor_config.json", "merge_size: 1, but the model's"],
    [
      "a size of sides",
      { "preprocessor_config.json": { size: { height: 8, width: 8 } } },
      "preprocessor_config.json",
      "size: expected shortest",
    ],
    ["no image token", { "config.json": { image_token_id: undefined } }, "config.json", "image_token_id: missing"],
    ["an image token of no text", { "config.json": { image_token_id: 311 } }, "config.json", "image_token_id: 311 is no token"],
  ])("%s is an error", async (_, change, file, message) => {
    const folder = await folderOf("qwen2_5_vl", change);
    const error: unknown = await loadProcessor(folder).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(String(error)).toContain(join(folder, file));
    expect(String(error)).toContain(message);
  });
});

describe("pixel budget", () => {
  test.each([
    // The folder's own: 256 to 2048. 64 x 64 shrinks to 45.25, which is 5 blocks of 8; 8 x 8 grows to 16 x 16.
    [{}, [10, 10], [4, 4]],
    [{ maxPixels: null, minPixels: null }, [10, 10], [4, 4]],
    [{ maxPixels: 1024 }, [8, 8], [4, 4]],
    [{ maxPixels: 1e6 }, [16, 16], [4, 4]],
    [{ minPixels: 1024 }, [10, 10], [8, 8]],
    [{ maxPixels: 1e6, minPixels: 64 * 64 * 4 }, [32, 32], [32, 32]],
    // Below the folder's least, which would be 16 x 16: one block is the least then.
    [{ maxPixels: 64 }, [2, 2], [2, 2]],
  ])("qwen: %j", async (options, large, tiny) => {
    const processor = await loadProcessor(await folderOf("qwen2_5_vl"), options);
    const { prompt } = await processor.encodePrompt(ask("Hi", grey(64, 64), grey(8, 8)));
    expect(prompt.pixels!.grids).toEqual([
      [1, ...large],
      [1, ...tiny],
    ]);
  });

  test.each([
    // Tiles of 32 and a longest edge of 64: 2 x 2 tiles of a square, 2 x 1 of a wide one, and the whole picture.
    [{}, 5, 3],
    [{ maxPixels: 64 * 64 }, 5, 3],
    [{ maxPixels: 1e6 }, 5, 3],
    // Below two tiles a side there is one, which is not split.
    [{ maxPixels: 64 * 64 - 1 }, 1, 1],
    [{ maxPixels: 32 * 32 }, 1, 1],
  ])("smolvlm: %j", async (options, square, wide) => {
    const processor = await loadProcessor(await folderOf("smolvlm"), options);
    const tiles = async (picture: Picture) => (await processor.encodePrompt(ask("Hi", picture))).prompt.pixels!.shape[0];
    expect(await tiles(grey(90, 90))).toBe(square);
    expect(await tiles(grey(90, 45))).toBe(wide);
  });

  test("a text model has no pictures to bound", async () => {
    await expect(loadProcessor(await folderOf("llama"), { maxPixels: 1, minPixels: 9 })).resolves.toBeDefined();
  });

  test.each<[keyof typeof files, object, object, string]>([
    ["qwen2_5_vl", { maxPixels: 63 }, {}, "model.max_pixels: 63 pixels are less than one block of 2 x 2 patches, which has 64"],
    ["qwen2_5_vl", { minPixels: 2049 }, {}, "model.min_pixels: 2049 pixels, above the most, 2048"],
    ["qwen2_5_vl", { maxPixels: 512, minPixels: 1024 }, {}, "model.min_pixels: 1024 pixels, above the most, 512"],
    ["qwen2_5_vl", { maxPixels: 512 }, { do_resize: false }, "model.max_pixels: the folder's image processor resizes nothing"],
    ["smolvlm", { maxPixels: 1023 }, {}, "model.max_pixels: 1023 pixels are less than one tile, 32 x 32 = 1024"],
    ["smolvlm", { minPixels: 1024 }, {}, "model.min_pixels: these pictures all get the same longest edge"],
    [
      "smolvlm",
      { maxPixels: 4096 },
      { size: { height: 64, width: 64 } },
      "model.max_pixels: the folder's image processor brings pictures to no",
    ],
    ["smolvlm", { maxPixels: 4096 }, { do_resize: false }, "model.max_pixels: the folder's image processor brings pictures to no"],
  ])("%s: %j with %j is an error", async (name, options, settings, message) => {
    const folder = await folderOf(name, { "preprocessor_config.json": settings });
    const error: unknown = await loadProcessor(folder, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RecipeError);
    expect(String(error)).toContain(`${join(folder, "preprocessor_config.json")}: ${message}`);
  });
});

describe("chat templates", () => {
  // What Qwen3's template and others like it look at: tools, enable_thinking, earlier thinking, and the messages from behind.
  const template = `{%- if tools %}tools{%- endif %}
{%- set ns = namespace(last=0) %}
{%- for message in messages[::-1] %}
    {%- if ns.last == 0 and message.role == "user" and message.content is string %}
        {%- set ns.last = (messages | length) - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.tool_calls %}calls{%- endif %}
    {%- if message.reasoning_content is string %}reasoning{%- endif %}
    {{- message.role + ': ' + message.content.split('</think>')[-1].lstrip('\\n') + '\\n' }}
{%- endfor %}
{{- ns.last }}
{%- if add_generation_prompt %}
    {{- 'assistant: ' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think></think>' }}{%- endif %}
    {%- if tools is defined and tools is not none and tools | length > 0 %}{{- 'tools' }}{%- endif %}
{%- endif %}`;

  test("tools and enable_thinking are undefined", async () => {
    const processor = await loadProcessor(await folderOf("qwen3", { "chat_template.jinja": template }));
    const part = (text: string) => [{ type: "text" as const, text }];
    const { text } = await processor.encodePrompt([
      { role: "user", content: part("2+2?") },
      { role: "assistant", content: part("<think>even</think>\n4") },
      { role: "user", content: part("3+3?") },
    ]);
    expect(text).toBe("user: 2+2?\nassistant: 4\nuser: 3+3?\n3assistant: ");
  });
});

describe("tokens", () => {
  test.each<[string, keyof typeof files, Record<string, object>, number | null]>([
    ["the text part of config.json", "smolvlm", {}, 512],
    ["config.json", "llama", { "config.json": { max_position_embeddings: 2048 } }, 2048],
    ["nowhere", "llama", { "config.json": { max_position_embeddings: undefined } }, null],
  ])("context length from %s", async (_, name, change, expected) => {
    expect((await loadProcessor(await folderOf(name, change))).contextLength).toBe(expected);
  });

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
