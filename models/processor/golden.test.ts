/** The processor against numbers that Python's transformers made: tests/fixtures/<folder>/golden.json. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Message, Part, Picture } from "../../core/types.ts";
import { FolderFiles } from "./files.ts";
import { loadProcessor } from "./load.ts";
import { loadTokenizer, type TemplateMessage } from "./tokenizer.ts";

const fixtures = join(import.meta.dirname, "../../tests/fixtures");

interface Golden {
  tokenizer: {
    encode: { text: string; ids: number[]; decoded: string; decoded_skip_special: string }[];
    chat: { messages: TemplateMessage[]; add_generation_prompt: boolean; text: string; ids: number[] }[];
  };
  processing: {
    name: string;
    images: string[];
    options: Record<string, boolean>;
    messages: { role: Message["role"]; content: ({ type: "image" } | { type: "text"; text: string })[] }[];
    text: string;
    expanded_text: string;
    input_ids: number[];
    /** SmolVLM's have an axis of samples in front, of length 1 */
    pixel_values: { file: string; shape: number[] };
    image_grid_thw?: number[][];
  }[];
}

async function golden(folder: string): Promise<Golden> {
  return JSON.parse(await readFile(join(fixtures, folder, "golden.json"), "utf8")) as Golden;
}

async function picture(file: string): Promise<Picture> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

const textFolders = ["llama", "llama_linear", "llama_llama3", "llama_yarn", "smollm3", "qwen2", "qwen2_window", "qwen3", "qwen3_window"];
const pictureFolders = ["smolvlm", "idefics3", "qwen2_5_vl", "qwen3_vl"];

describe("text", () => {
  test.each([...textFolders, ...pictureFolders])("tokenizer of %s", async (folder) => {
    const { tokenizer } = await golden(folder);
    const processor = await loadProcessor(join(fixtures, folder));
    expect(tokenizer.encode.length).toBeGreaterThan(0);
    for (const { text, ids, decoded, decoded_skip_special } of tokenizer.encode) {
      expect([...processor.encode(text)]).toEqual(ids);
      expect(processor.decode(ids, { keepSpecial: true })).toBe(decoded);
      expect(processor.decode(ids)).toBe(decoded_skip_special);
    }
  });

  // Chats with pictures are part of the processing below. The template of llama is inside tokenizer_config.json.
  test.each(textFolders)("chat template of %s", async (folder) => {
    const { tokenizer } = await golden(folder);
    const own = await loadTokenizer(await FolderFiles.read(join(fixtures, folder)));
    expect(new Set(tokenizer.chat.map((chat) => chat.add_generation_prompt))).toEqual(new Set([true, false]));
    for (const { messages, add_generation_prompt, text, ids } of tokenizer.chat) {
      expect(own.render(messages, add_generation_prompt)).toBe(text);
      expect([...own.encode(text)]).toEqual(ids);
    }
  });
});

describe.each(pictureFolders)("pictures of %s", async (fixture) => {
  const { processing } = await golden(fixture);
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "processor-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(processing)("$name", async ({ images, options, messages, name, ...expected }) => {
    // What the goldens passed as options is written into a copy of the folder.
    const own = join(folder, name);
    await cp(join(fixtures, fixture), own, { recursive: true });
    const settings: unknown = JSON.parse(await readFile(join(own, "preprocessor_config.json"), "utf8"));
    await writeFile(join(own, "preprocessor_config.json"), JSON.stringify({ ...(settings as object), ...options }));

    const pictures = await Promise.all(images.map((image) => picture(join(own, image))));
    const filled = messages.map(({ role, content }) => ({
      role,
      content: content.map((part): Part => (part.type === "image" ? { type: "image", image: pictures.shift()! } : part)),
    }));
    const { prompt, text } = await (await loadProcessor(own)).encodePrompt(filled);

    const tokenizer = await loadTokenizer(await FolderFiles.read(own));
    expect(tokenizer.render(messages, true)).toBe(expected.text);
    expect(text).toBe(expected.expanded_text);
    expect([...prompt.tokens]).toEqual(expected.input_ids);
    const { file, shape } = expected.pixel_values;
    expect(prompt.pixels!.shape).toEqual(shape.length === 5 ? shape.slice(1) : shape);
    expect(prompt.pixels!.grids).toEqual(expected.image_grid_thw ?? null);
    const bytes = await readFile(join(own, file));
    const values = new Float32Array(new Uint8Array(bytes).buffer);
    expect(prompt.pixels!.data.length).toBe(values.length);
    const distances = prompt.pixels!.data.map((value, i) => Math.abs(value - values[i]!));
    // One multiplication and one addition in float32, also where the picture is resampled: the resampling is Pillow's bit for bit,
    // while transformers' own second backend may be one 8-bit level (2 / 255) away.
    expect(Math.max(...distances)).toBeLessThan(1e-6);
  });
});
