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
    messages: { role: Message["role"]; content: { type: string; text?: string }[] }[];
    expanded_text: string;
    input_ids: number[];
    pixel_values: { file: string; shape: [number, number, number, number, number] };
  }[];
}

async function golden(folder: string): Promise<Golden> {
  return JSON.parse(await readFile(join(fixtures, folder, "golden.json"), "utf8")) as Golden;
}

async function picture(file: string): Promise<Picture> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

describe("text", () => {
  test.each(["llama", "smolvlm"])("tokenizer of %s", async (folder) => {
    const { tokenizer } = await golden(folder);
    const processor = await loadProcessor(join(fixtures, folder));
    expect(tokenizer.encode.length).toBeGreaterThan(0);
    for (const { text, ids, decoded, decoded_skip_special } of tokenizer.encode) {
      expect([...processor.encode(text)]).toEqual(ids);
      expect(processor.decode(ids, { keepSpecial: true })).toBe(decoded);
      expect(processor.decode(ids)).toBe(decoded_skip_special);
    }
  });

  // Chats with pictures are part of the processing below.
  test("chat template inside tokenizer_config.json", async () => {
    const { tokenizer } = await golden("llama");
    const own = await loadTokenizer(await FolderFiles.read(join(fixtures, "llama")));
    expect(tokenizer.chat.length).toBeGreaterThan(0);
    for (const { messages, add_generation_prompt, text, ids } of tokenizer.chat) {
      expect(own.render(messages, add_generation_prompt)).toBe(text);
      expect([...own.encode(text)]).toEqual(ids);
    }
  });
});

describe("smolvlm pictures", async () => {
  const { processing } = await golden("smolvlm");
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "processor-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(processing)("$name", async ({ images, options, messages, expanded_text, input_ids, pixel_values, name }) => {
    // What the goldens passed as options is written into a copy of the folder.
    const own = join(folder, name);
    await cp(join(fixtures, "smolvlm"), own, { recursive: true });
    const settings: unknown = JSON.parse(await readFile(join(own, "preprocessor_config.json"), "utf8"));
    await writeFile(join(own, "preprocessor_config.json"), JSON.stringify({ ...(settings as object), ...options }));

    const pictures = await Promise.all(images.map((image) => picture(join(own, image))));
    const filled = messages.map(({ role, content }) => ({
      role,
      content: content.map(
        ({ type, text }): Part => (type === "image" ? { type, image: pictures.shift()! } : { type: "text", text: text! }),
      ),
    }));
    const { prompt, text } = await (await loadProcessor(own)).encodePrompt(filled);

    expect(text).toBe(expanded_text);
    expect([...prompt.tokens]).toEqual(input_ids);
    expect(prompt.pixels!.shape).toEqual(pixel_values.shape.slice(1));
    const bytes = await readFile(join(own, pixel_values.file));
    const expected = new Float32Array(new Uint8Array(bytes).buffer);
    const distances = prompt.pixels!.data.map((value, i) => Math.abs(value - expected[i]!));
    // One multiplication and one addition in float32, also where the picture is resampled: the resampling is Pillow's bit for bit,
    // while transformers' own second backend may be one 8-bit level (2 / 255) away.
    expect(Math.max(...distances)).toBeLessThan(1e-6);
  });
});
