import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Message, Part } from "../core/types.ts";
import { EmbeddedEngine } from "../engines/embedded/engine.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import { modelFolders } from "../models/folders.ts";
import { openModel } from "../models/open.ts";
import { loadProcessor } from "../models/processor/load.ts";
import { losses } from "../trainers/losses/index.ts";
import { exportCheckpoint } from "./export.ts";
import { mergeAdapter } from "./merge.ts";

const FIXTURES = resolve("tests/fixtures");
const LOCAL = { local_files_only: true } as const;
const NEW_TOKENS = 24;

// biome-ignore lint/suspicious/noExplicitAny: classes of transformers.js are called by what they do, a wrong one fails its test
type Any = any;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-export-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function ask(at: string, content: Part[]): Promise<EncodedPrompt> {
  const messages: Message[] = [{ role: "user", content }];
  return (await (await loadProcessor((await modelFolders(at)).files)).encodePrompt(messages)).prompt;
}

/** The likeliest tokens by vlrl's own engine, on after an end too. */
async function greedy(at: string, prompt: EncodedPrompt): Promise<number[]> {
  const { policy, weights, store } = await openModel(at, {});
  const engine = new EmbeddedEngine(policy, weights, losses, store, { slots: 1, threads: 1 });
  let tokens: number[] = [];
  const sampling = { temperature: 0, top_k: 0, top_p: 1, min_p: 0, max_new_tokens: NEW_TOKENS, stop_ids: [], stop_strings: [] };
  await engine.sample({ prompts: [prompt], seeds: [[1]], sampling }, (completion) => {
    tokens = [...completion.tokens];
  });
  await engine.close();
  return tokens;
}

/** The same by transformers.js from the ONNX files. */
async function greedyInJs(at: string, { tokens, pixels }: EncodedPrompt): Promise<number[]> {
  const { AutoModelForCausalLM, AutoModelForImageTextToText, Tensor } = await import("@huggingface/transformers");
  const vision = "vision_config" in JSON.parse(await readFile(join(at, "config.json"), "utf8"));
  const model: Any = await (vision ? AutoModelForImageTextToText : AutoModelForCausalLM).from_pretrained(at, LOCAL);
  const [tiles = 0, channels = 0, height = 0, width = 0] = pixels?.shape ?? [];
  const pictures =
    pixels === null
      ? {}
      : {
          pixel_values: new Tensor("float32", pixels.data, [1, tiles, channels, height, width]),
          pixel_attention_mask: new Tensor("bool", new Uint8Array(tiles * height * width).fill(1), [1, tiles, height, width]),
        };
  const sequences = await model.generate({
    input_ids: new Tensor("int64", BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
    attention_mask: new Tensor("int64", new BigInt64Array(tokens.length).fill(1n), [1, tokens.length]),
    ...pictures,
    max_new_tokens: NEW_TOKENS,
    do_sample: false,
    eos_token_id: null,
  });
  await model.dispose();
  return sequences.tolist()[0].slice(tokens.length).map(Number);
}

const QUESTIONS = ["red", "what is 7 + 12?", "the quick brown fox"];

describe("onnx", () => {
  test.each(["qwen2", "qwen2_lora", "qwen3", "llama"])("%s: transformers.js says token for token what vlrl's engine does", async (name) => {
    const source = join(FIXTURES, name);
    const out = join(folder, `${name}-onnx`);
    await exportCheckpoint({ checkpoint: source, out, format: "onnx" });
    const { AutoTokenizer } = await import("@huggingface/transformers");
    const tokenizer: Any = await AutoTokenizer.from_pretrained(out, LOCAL);
    const said = new Set<string>();
    for (const text of QUESTIONS) {
      const prompt = await ask(source, [{ type: "text", text }]);
      const templated = tokenizer.apply_chat_template([{ role: "user", content: text }], {
        add_generation_prompt: true,
        return_dict: true,
      });
      expect(templated.input_ids.tolist()[0].map(Number)).toEqual([...prompt.tokens]);
      const expected = await greedy(source, prompt);
      expect(expected).toHaveLength(NEW_TOKENS);
      expect(await greedyInJs(out, prompt)).toEqual(expected);
      // the folder is one that vlrl opens too, fields for transformers.js and all
      expect(await greedy(out, prompt)).toEqual(expected);
      said.add(`${expected}`);
    }
    expect(said.size).toBeGreaterThan(1);
  });

  test("says which files it wrote and how large they are", async () => {
    const out = join(folder, "listed");
    const { files, bytes } = await exportCheckpoint({ checkpoint: join(FIXTURES, "qwen2_lora"), out, format: "onnx" });
    expect(files).toEqual([
      "README.md",
      "chat_template.jinja",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "onnx/model.onnx",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(out, file))).size));
    expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  test("smolvlm: with pictures and without", async () => {
    const source = join(FIXTURES, "smolvlm");
    const out = join(folder, "smolvlm-onnx");
    const { files } = await exportCheckpoint({ checkpoint: source, out, format: "onnx" });
    expect(files.filter((file) => file.startsWith("onnx/"))).toEqual([
      "onnx/decoder_model_merged.onnx",
      "onnx/embed_tokens.onnx",
      "onnx/vision_encoder.onnx",
    ]);
    const pictures: Part[] = [];
    for (const name of ["image_0.png", "image_1.png"]) {
      const { data, info } = await sharp(join(source, name))
        .removeAlpha()
        .toColourspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      pictures.push({ type: "image", image: { width: info.width, height: info.height, data: new Uint8Array(data) } });
    }
    const said = new Set<string>();
    for (const images of [pictures.slice(0, 1), pictures, []]) {
      const prompt = await ask(source, [...images, { type: "text", text: "Count." }]);
      const expected = await greedy(source, prompt);
      expect(await greedyInJs(out, prompt)).toEqual(expected);
      expect(await greedy(out, prompt)).toEqual(expected);
      said.add(`${expected}`);
    }
    expect(said.size).toBe(3);
  });

  test("image processors that transformers 5 nests in processor_config.json get the file that transformers.js looks for", async () => {
    const source = join(folder, "nested");
    await cp(join(FIXTURES, "smolvlm"), source, { recursive: true });
    const settings = JSON.parse(await readFile(join(source, "preprocessor_config.json"), "utf8"));
    await rm(join(source, "preprocessor_config.json"));
    const nested = { ...settings, image_processor_type: "SmolVLMImageProcessorFast" };
    const processor = { processor_class: "SmolVLMProcessor", image_seq_len: 4, image_processor: nested };
    await writeFile(join(source, "processor_config.json"), JSON.stringify(processor));
    const out = join(folder, "nested-onnx");
    await exportCheckpoint({ checkpoint: source, out, format: "onnx" });
    expect(JSON.parse(await readFile(join(out, "preprocessor_config.json"), "utf8"))).toEqual({
      ...settings,
      image_processor_type: "SmolVLMImageProcessor",
    });
    const { AutoProcessor } = await import("@huggingface/transformers");
    expect(((await AutoProcessor.from_pretrained(out, LOCAL)) as Any).image_processor).toBeDefined();
  });

  test("another architecture is refused by name before anything is written", async () => {
    const out = join(folder, "refused");
    const checkpoint = join(FIXTURES, "qwen3_vl");
    await expect(exportCheckpoint({ checkpoint, out, format: "onnx" })).rejects.toThrow(
      'config.json: model_type: "qwen3_vl" is not exported to ONNX; these are: llama, smollm3, qwen2, qwen3, smolvlm, idefics3\n' +
        "  Export it for Python and vlrl alone: --format hf.",
    );
    await expect(stat(out)).rejects.toThrow("ENOENT");
  });
});

/** The front matter of a card. */
async function front(out: string): Promise<Record<string, unknown>> {
  return parse(/^---\n([\s\S]*?)\n---\n/.exec(await readFile(join(out, "README.md"), "utf8"))![1]!);
}

describe("hf", () => {
  test("a folder that no run made keeps its files and weights, with a card of what is known", async () => {
    const source = join(folder, "models--acme--tiny-vl", "snapshots", "0123abc");
    await mkdir(source, { recursive: true });
    await cp(join(FIXTURES, "qwen2_5_vl"), source, { recursive: true });
    await writeFile(join(source, "README.md"), "---\nlicense: apache-2.0\ntags: [x]\n---\n# Tiny\n");
    const out = join(folder, "plain");
    const { files } = await exportCheckpoint({ checkpoint: source, out, format: "hf" });
    expect(files.some((file) => /golden|\.f32$|v4/.test(file))).toBe(false);
    for (const file of files.filter((file) => file !== "README.md")) {
      expect((await readFile(join(out, file))).equals(await readFile(join(source, file))), file).toBe(true);
    }
    expect(files.filter((file) => file.includes("safetensors"))).toHaveLength(3);
    expect(await front(out)).toEqual({
      license: "apache-2.0",
      base_model: "acme/tiny-vl",
      library_name: "transformers",
      pipeline_tag: "image-text-to-text",
      tags: ["vlrl"],
    });
  });

  test("an adapter is merged, or kept as it is", async () => {
    const source = join(FIXTURES, "qwen2_lora");
    const [whole, apart] = [join(folder, "whole"), join(folder, "apart")];
    await exportCheckpoint({ checkpoint: source, out: whole, format: "hf" });
    const { files } = await exportCheckpoint({ checkpoint: source, out: apart, format: "hf", adapter: true });
    expect(files.filter((file) => file.endsWith(".safetensors"))).toEqual(["adapter_model.safetensors"]);
    expect(await front(whole)).toMatchObject({ library_name: "transformers", tags: ["vlrl", "lora"] });
    expect(await front(apart)).toMatchObject({ library_name: "peft", tags: ["vlrl", "lora"] });
    const { policy } = await openModel(whole, {});
    expect(policy.adapters.size).toBe(0);
    const prompt = await ask(source, [{ type: "text", text: "red" }]);
    const expected = await greedy(source, prompt);
    expect(await greedy(whole, prompt)).toEqual(expected);
    expect(await greedy(apart, prompt)).toEqual(expected);
    expect(await greedy(join(FIXTURES, "qwen2"), prompt)).not.toEqual(expected);
  });
});

describe("mistakes are told apart, and nothing is written", () => {
  const [QWEN2, LORA] = [join(FIXTURES, "qwen2"), join(FIXTURES, "qwen2_lora")];
  const cases: [string, () => Promise<unknown>, RegExp][] = [
    [
      "no such checkpoint",
      () => exportCheckpoint({ checkpoint: join(folder, "x"), out: join(folder, "y"), format: "hf" }),
      /x: there is no such folder\n {2}Give a model's folder/,
    ],
    ["no such adapter", () => mergeAdapter({ adapter: join(folder, "x"), out: join(folder, "y") }), /x: there is no such folder/],
    ["no adapter", () => mergeAdapter({ adapter: QWEN2, out: join(folder, "y") }), /a whole model, not an adapter\n {2}.*vlrl export/],
    [
      "no adapter to keep",
      () => exportCheckpoint({ checkpoint: QWEN2, out: join(folder, "y"), format: "hf", adapter: true }),
      /there is no adapter to keep\n {2}Leave --adapter out/,
    ],
    [
      "an adapter in ONNX",
      () => exportCheckpoint({ checkpoint: LORA, out: join(folder, "y"), format: "onnx", adapter: true }),
      /--adapter: ONNX files hold whole models/,
    ],
    [
      "no such base model",
      () => mergeAdapter({ adapter: LORA, base: join(folder, "z"), out: join(folder, "y") }),
      /z: there is no such file or folder/,
    ],
    ["a full folder", () => exportCheckpoint({ checkpoint: QWEN2, out: QWEN2, format: "hf" }), /qwen2: the folder is not empty/],
    [
      "a full folder to merge into",
      () => mergeAdapter({ adapter: LORA, out: LORA }),
      /qwen2_lora: the folder is not empty.*\n {2}Give --out/,
    ],
    ["a file", () => mergeAdapter({ adapter: LORA, out: join(QWEN2, "config.json") }), /config\.json: a file is there already/],
  ];
  test.each(cases)("%s", async (_, work, message) => {
    await expect(work()).rejects.toThrow(message);
    await expect(stat(join(folder, "y"))).rejects.toThrow("ENOENT");
  });
});

test("an empty folder is filled, its parents are made, and progress ends at the whole", async () => {
  const empty = join(folder, "deep", "down", "empty");
  await mkdir(empty, { recursive: true });
  for (const out of [empty, join(folder, "new", "parents", "here")]) {
    const told: [number, number][] = [];
    const checkpoint = join(FIXTURES, "qwen2_lora");
    const { folder: at } = await exportCheckpoint({ checkpoint, out, format: "onnx" }, (...pair) => told.push(pair));
    expect(at).toBe(out);
    expect(told.at(-1)![0]).toBe(told.at(-1)![1]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b));
  }
});

test("what stops the work leaves nothing behind", async () => {
  const parent = await mkdtemp(join(folder, "stopped-"));
  let tensors = 0;
  const work = exportCheckpoint({ checkpoint: join(FIXTURES, "smolvlm"), out: join(parent, "out"), format: "onnx" }, () => {
    if (++tensors === 80) throw new Error("enough");
  });
  await expect(work).rejects.toThrow("enough");
  expect(await readdir(parent)).toEqual([]);
});
