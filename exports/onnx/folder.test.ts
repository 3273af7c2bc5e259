import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWeights } from "../../core/safetensors.ts";
import { runtime } from "../../engines/onnx/runtime.ts";
import type { DecoderConfig } from "../../models/config/types.ts";
import type { Angles } from "./decoder.ts";
import { type OnnxExportModel, transformersJsFields, type WriteOptions, withFields, writeOnnxFolder } from "./folder.ts";

const FIXTURES = new URL("../../tests/fixtures/", import.meta.url).pathname;
/** What the fixtures say about float32 logits. */
const TOLERANCE = 1e-4;

// biome-ignore lint/suspicious/noExplicitAny: fixtures are read as they are, a wrong one fails its test
type Json = any;

const json = async (...path: string[]): Promise<Json> => JSON.parse(await readFile(join(FIXTURES, ...path), "utf8"));

async function floats(...path: string[]): Promise<Float32Array> {
  const bytes = await readFile(join(FIXTURES, ...path));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function decoderConfig(c: Json): DecoderConfig {
  return {
    vocabSize: c.vocab_size,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads,
    headDim: c.head_dim ?? c.hidden_size / c.num_attention_heads,
    normEps: c.rms_norm_eps,
    initializerRange: c.initializer_range,
    contextLength: c.max_position_embeddings,
    tied: c.tie_word_embeddings,
    bias: { qkv: c.model_type === "qwen2", output: false, mlp: false },
    headNorm: c.model_type === "qwen3",
    windows: Array(c.num_hidden_layers).fill(null),
    rotated: Array(c.num_hidden_layers).fill(true),
    rope: { type: "default", theta: c.rope_parameters.rope_theta, sections: null, interleaved: false },
  };
}

function angles({ headDim, rope }: DecoderConfig): Angles {
  const half = headDim / 2;
  return (positions) => {
    const at = (turn: (angle: number) => number) =>
      Float32Array.from({ length: positions.length * half }, (_, i) =>
        turn(positions[Math.floor(i / half)]! * rope.theta ** ((-2 * (i % half)) / headDim)),
      );
    return { cos: at(Math.cos), sin: at(Math.sin) };
  };
}

async function exportModel(name: string): Promise<OnnxExportModel> {
  const config = await json(name, "config.json");
  const { read } = await readWeights(join(FIXTURES, name));
  if (name !== "smolvlm") {
    const text = decoderConfig(config);
    return { kind: "text", text, prefix: "model.", headName: text.tied ? null : "lm_head.weight", read };
  }
  const vision = config.vision_config;
  return {
    kind: "smolvlm",
    text: decoderConfig(config.text_config),
    vision: {
      hiddenSize: vision.hidden_size,
      intermediateSize: vision.intermediate_size,
      layers: vision.num_hidden_layers,
      heads: vision.num_attention_heads,
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      channels: vision.num_channels,
      normEps: vision.layer_norm_eps,
      initializerRange: vision.initializer_range,
    },
    scaleFactor: config.scale_factor,
    imageTokenId: config.image_token_id,
    prefix: "model.text_model.",
    headName: "lm_head.weight",
    read,
  };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-onnx-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The fixture as a folder for transformers.js, without its safetensors. */
async function exported(name: string, options: WriteOptions = {}): Promise<{ path: string; files: string[] }> {
  const path = join(folder, `${name}-${JSON.stringify(options).replaceAll(/\W/g, "")}`);
  const model = await exportModel(name);
  await cp(join(FIXTURES, name), path, { recursive: true, filter: (file) => !/safetensors|golden|\.f32$/.test(file) });
  const files = await writeOnnxFolder(path, model, angles(model.text), options);
  const config = withFields(await json(name, "config.json"), transformersJsFields(model, files));
  await writeFile(join(path, "config.json"), JSON.stringify(config));
  return { path, files };
}

const transformers = () => import("@huggingface/transformers");
const LOCAL = { local_files_only: true, dtype: "fp32" } as const;

async function session(path: string, name: string): Promise<InferenceSession> {
  return (await runtime()).InferenceSession.create(join(path, "onnx", `${name}.onnx`), { logSeverityLevel: 4 });
}

const int64 = (rows: number[][]): [BigInt64Array, number[]] => [BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]];

async function feeds(inputs: Record<string, number[][]>): Promise<Record<string, OrtTensor>> {
  const { Tensor } = await runtime();
  return Object.fromEntries(Object.entries(inputs).map(([name, rows]) => [name, new Tensor("int64", ...int64(rows))]));
}

async function emptyCache({ text }: OnnxExportModel, batch: number): Promise<Record<string, OrtTensor>> {
  const { Tensor } = await runtime();
  const names = Array.from({ length: text.layers }, (_, i) => [`past_key_values.${i}.key`, `past_key_values.${i}.value`]).flat();
  const dims = [batch, text.kvHeads, 0, text.headDim];
  return Object.fromEntries(names.map((name) => [name, new Tensor("float32", new Float32Array(0), dims)]));
}

/** One row alone: all of it real. */
function oneRow(ids: number[]) {
  return { input_ids: [ids], attention_mask: [ids.map(() => 1)], position_ids: [ids.map((_, i) => i)] };
}

function expectNear(actual: ArrayLike<number>, expected: number[][], tolerance = TOLERANCE): void {
  const flat = expected.flat();
  expect(actual.length).toBe(flat.length);
  const furthest = flat.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0);
  expect(furthest).toBeLessThan(tolerance);
}

describe.each(["llama", "qwen2", "qwen3"])("%s", (name) => {
  test("gives the logits of transformers", async () => {
    const { path, files } = await exported(name);
    expect(files).toEqual(["onnx/model.onnx"]);
    const golden = await json(name, "golden.json");
    const run = await session(path, "model");
    const model = await exportModel(name);
    expect(golden.forward.length).toBeGreaterThan(0);
    for (const { sequence, logits } of golden.forward) {
      const inputs = await feeds(oneRow(golden.sequences[sequence].input_ids));
      const outputs = await run.run({ ...inputs, ...(await emptyCache(model, 1)) });
      expectNear(outputs.logits!.data as Float32Array, logits);
      expect(outputs["present.1.value"]!.dims).toEqual([1, model.text.kvHeads, logits.length, model.text.headDim]);
    }
  });

  test.each([["inline"], ["external"]])("generates in transformers.js as PyTorch does, padded on the left, weights %s", async (where) => {
    const { path, files } = await exported(name, where === "external" ? { inlineBytes: 0 } : {});
    if (where === "external") expect(files).toEqual(["onnx/model.onnx", "onnx/model.onnx_data"]);
    const { generation } = await json(name, "golden.json");
    const { AutoModelForCausalLM, Tensor } = await transformers();
    const model: Json = await AutoModelForCausalLM.from_pretrained(path, LOCAL);
    const inputs = {
      input_ids: new Tensor("int64", ...int64(generation.input_ids)),
      attention_mask: new Tensor("int64", ...int64(generation.attention_mask)),
      max_new_tokens: generation.max_new_tokens,
      do_sample: false,
    };
    const prompt = generation.input_ids[0].length;
    const replies = (sequences: Json): number[][] => sequences.tolist().map((row: bigint[]) => row.slice(prompt).map(Number));

    expect(replies(await model.generate({ ...inputs, eos_token_id: null }))).toEqual(generation.unstopped_new_ids);
    // rows that ended go on until the last one has; what they say after their end is not read
    const stopped = replies(await model.generate({ ...inputs, eos_token_id: generation.eos_ids }));
    for (const [i, length] of generation.lengths.entries()) {
      expect(stopped[i]!.slice(0, length)).toEqual(generation.new_ids[i].slice(0, length));
    }
    await model.dispose();
  });
});

test("a position after the last one of the table is refused", async () => {
  const { path } = await exported("llama");
  const run = await session(path, "model");
  const inputs = {
    ...(await feeds({ input_ids: [[5]], attention_mask: [[1]], position_ids: [[512]] })),
    ...(await emptyCache(await exportModel("llama"), 1)),
  };
  await expect(run.run(inputs)).rejects.toThrow("indices element out of data bounds, idx=512");
});

test("a text-generation pipeline answers a chat", async () => {
  const { path } = await exported("llama");
  const { pipeline } = await transformers();
  const generator: Json = await pipeline("text-generation", path, LOCAL);
  const answer = await generator([{ role: "user", content: "red" }], { max_new_tokens: 4, do_sample: false });
  expect(answer[0].generated_text).toHaveLength(2);
  expect(answer[0].generated_text[1]).toMatchObject({ role: "assistant" });
  await generator.dispose();
});

describe("smolvlm", () => {
  test("gives the features and logits of transformers", async () => {
    const { path, files } = await exported("smolvlm");
    expect(files).toEqual(["onnx/embed_tokens.onnx", "onnx/vision_encoder.onnx", "onnx/decoder_model_merged.onnx"]);
    const golden = await json("smolvlm", "golden.json");
    const [embed, vision, decoder] = [
      await session(path, "embed_tokens"),
      await session(path, "vision_encoder"),
      await session(path, "decoder_model_merged"),
    ];
    const model = await exportModel("smolvlm");
    expect(golden.forward.length).toBe(2);
    for (const { input_ids, pixel_values, image_features, logits } of golden.forward) {
      const { image_features: features } = await vision.run(await pictures(pixel_values));
      expectNear(features!.data as Float32Array, image_features);
      const inputs = await feeds(oneRow(input_ids));
      const x = await joined(embed, inputs.input_ids!, features!);
      const { input_ids: _, ...rest } = inputs;
      const outputs = await decoder.run({ inputs_embeds: x, ...rest, ...(await emptyCache(model, 1)) });
      expectNear(outputs.logits!.data as Float32Array, logits);
    }
  });

  test("generates from pictures in a batch padded on the left", async () => {
    // by hand: transformers.js 4.3 forgets the padding of its prompt after the first token when there are pictures
    const { path } = await exported("smolvlm");
    const golden = await json("smolvlm", "golden.json");
    const { generation } = golden;
    const [embed, vision, decoder] = [
      await session(path, "embed_tokens"),
      await session(path, "vision_encoder"),
      await session(path, "decoder_model_merged"),
    ];
    // rows with 1, 2 and 0 pictures: what fills the rows up is all zeros
    const { image_features: features } = await vision.run(await pictures(golden.batches.pixel_values));
    expect(features!.dims).toEqual([3, 4, 48]);

    const mask: number[][] = generation.attention_mask.map((row: number[]) => [...row]);
    let ids: number[][] = generation.input_ids;
    let cache = await emptyCache(await exportModel("smolvlm"), mask.length);
    const replies: number[][] = mask.map(() => []);
    for (let step = 0; step < generation.max_new_tokens; step++) {
      const width = ids[0]!.length;
      const position_ids = mask.map((row) => {
        let next = 0;
        return row.map((real) => (real === 1 ? next++ : 1)).slice(-width);
      });
      const { input_ids, ...rest } = await feeds({ input_ids: ids, attention_mask: mask, position_ids });
      const x = await joined(embed, input_ids!, step === 0 ? features! : null);
      const outputs = await decoder.run({ inputs_embeds: x, ...rest, ...cache });
      cache = Object.fromEntries(
        Object.entries(outputs)
          .filter(([name]) => name.startsWith("present."))
          .map(([name, value]) => [name.replace("present", "past_key_values"), value]),
      );
      const [batch, length, vocab] = outputs.logits!.dims as [number, number, number];
      const logits = outputs.logits!.data as Float32Array;
      ids = Array.from({ length: batch }, (_, row) => {
        const last = logits.subarray((row * length + length - 1) * vocab, (row + 1) * length * vocab);
        return [last.indexOf(Math.max(...last))];
      });
      for (const [row, [id]] of ids.entries()) {
        replies[row]!.push(id!);
        mask[row]!.push(1);
      }
    }
    expect(replies).toEqual(generation.unstopped_new_ids);
  });

  test.each<[WriteOptions]>([[{}], [{ inlineBytes: 0 }]])("generates in transformers.js as PyTorch does, with %j", async (options) => {
    const { path, files } = await exported("smolvlm", options);
    if (options.inlineBytes === 0) expect(files.filter((file) => file.endsWith("_data"))).toHaveLength(3);
    const { forward, generation } = await json("smolvlm", "golden.json");
    const { AutoModelForImageTextToText, Tensor } = await transformers();
    const model: Json = await AutoModelForImageTextToText.from_pretrained(path, LOCAL);
    for (const [row, { input_ids, pixel_values }] of forward.entries()) {
      const { file, shape } = pixel_values;
      const [batch, images, , height, width] = shape;
      const sequences = await model.generate({
        input_ids: new Tensor("int64", ...int64([input_ids])),
        attention_mask: new Tensor("int64", ...int64([input_ids.map(() => 1)])),
        pixel_values: new Tensor("float32", await floats("smolvlm", file), shape),
        pixel_attention_mask: new Tensor("bool", new Uint8Array(batch * images * height * width).fill(1), [batch, images, height, width]),
        max_new_tokens: generation.max_new_tokens,
        do_sample: false,
        eos_token_id: null,
      });
      expect(sequences.tolist()[0].slice(input_ids.length).map(Number)).toEqual(generation.unstopped_new_ids[row]);
    }
    await model.dispose();
  });

  test("takes a picture through the processor, and a prompt without one", async () => {
    const { path } = await exported("smolvlm");
    const { AutoModelForImageTextToText, AutoProcessor, RawImage } = await transformers();
    const processor: Json = await AutoProcessor.from_pretrained(path, LOCAL);
    const model: Json = await AutoModelForImageTextToText.from_pretrained(path, LOCAL);
    const settings = { max_new_tokens: 3, do_sample: false, eos_token_id: null };
    const picture = await RawImage.read(join(FIXTURES, "smolvlm", "image_0.png"));
    const seen = await processor("<|im_start|>User:<image>Count.<end_of_utterance>\nAssistant:", [picture]);
    const looked = await model.generate({ ...seen, ...settings });
    expect(looked.dims).toEqual([1, seen.input_ids.dims[1] + 3]);
    const { text_config } = await json("smolvlm", "config.json");
    expect(looked.tolist()[0].every((id: bigint) => id >= 0n && id < BigInt(text_config.vocab_size))).toBe(true);
    const words = processor.tokenizer("<|im_start|>User: 2+2<end_of_utterance>\nAssistant:");
    const spoken = await model.generate({ ...words, ...settings });
    expect(spoken.dims).toEqual([1, words.input_ids.dims[1] + 3]);
    await model.dispose();
  });
});

async function pictures({ file, shape }: { file: string; shape: [number, number, number, number, number] }) {
  const { Tensor } = await runtime();
  const [batch, images, , height, width] = shape;
  return {
    pixel_values: new Tensor("float32", await floats("smolvlm", file), shape),
    pixel_attention_mask: new Tensor("bool", new Uint8Array(batch * images * height * width).fill(1), [batch, images, height, width]),
  };
}

/** Embeddings of the ids, those of the image token replaced by the features in order. */
async function joined(embed: InferenceSession, input_ids: OrtTensor, features: OrtTensor | null): Promise<OrtTensor> {
  const { inputs_embeds } = await embed.run({ input_ids });
  if (features === null) return inputs_embeds!;
  const x = inputs_embeds!.data as Float32Array;
  const width = features.dims[2]!;
  const { image_token_id } = await json("smolvlm", "config.json");
  let next = 0;
  for (const [i, id] of (input_ids.data as BigInt64Array).entries()) {
    if (id === BigInt(image_token_id)) x.set((features.data as Float32Array).subarray(next * width, ++next * width), i * width);
  }
  expect(next * width).toBe(features.data.length);
  return inputs_embeds!;
}

describe("config.json", () => {
  test("tells which files keep their weights beside them, and spells sizes out", async () => {
    const model = await exportModel("qwen3");
    const fields = transformersJsFields(model, ["onnx/model.onnx", "onnx/model.onnx_data"]);
    const { head_dim: _, ...config } = await json("qwen3", "config.json");
    expect(withFields({ ...config, "transformers.js_config": { device: "cpu" } }, fields)).toMatchObject({
      model_type: "qwen3",
      head_dim: 16,
      "transformers.js_config": { device: "cpu", dtype: "fp32", use_external_data_format: { "model.onnx": 1 } },
    });
  });

  test("SmolVLM's sizes go into its text_config, beside what is there", async () => {
    const fields = transformersJsFields(await exportModel("smolvlm"), ["onnx/embed_tokens.onnx"]);
    const config = withFields({ model_type: "smolvlm", text_config: { rms_norm_eps: 1e-5 } }, fields);
    expect(config).toMatchObject({ text_config: { rms_norm_eps: 1e-5, model_type: "llama", head_dim: 12, num_key_value_heads: 2 } });
    expect(config["transformers.js_config"]).toEqual({ dtype: "fp32" });
  });
});

test("weights are read one at a time, each once, and none before the last is written", async () => {
  const source = await exportModel("llama");
  const seen: string[] = [];
  let open = 0;
  const model: OnnxExportModel = {
    ...source,
    async read(name) {
      seen.push(name);
      expect(++open).toBe(1);
      const data = await source.read(name);
      open--;
      return data;
    },
  };
  await writeOnnxFolder(join(folder, "counted"), model, angles(model.text));
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(2 * 9 + 2); // 9 in a layer, embedding, norm: a tied head is no copy
  const bytes = (await stat(join(folder, "counted", "onnx", "model.onnx"))).size;
  const { tensors } = await readWeights(join(FIXTURES, "llama"));
  const weights = [...tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  const table = 2 * 512 * 6 * 4;
  expect(bytes).toBeGreaterThan(weights + table);
  expect(bytes).toBeLessThan(weights + table + 30_000);
});

test("a tensor of another size is refused by its name, and leaves no half file", async () => {
  const source = await exportModel("llama");
  const model: OnnxExportModel = {
    ...source,
    read: async (name) => (name === "model.norm.weight" ? new Float32Array(3) : source.read(name)),
  };
  const target = join(folder, "wrong");
  await expect(writeOnnxFolder(target, model, angles(model.text))).rejects.toThrow("model.norm.weight: shape [48] is not 3 values");
  await expect(stat(join(target, "onnx", "model.onnx"))).rejects.toThrow("ENOENT");
});
