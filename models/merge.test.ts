import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { narrowToBfloat16, widenBfloat16 } from "../core/half.ts";
import { Random } from "../core/random.ts";
import { readSafetensors, readWeights } from "../core/safetensors.ts";
import { type TensorToWrite, writeSafetensors } from "../core/safetensors-write.ts";
import { allLogits } from "../tests/logits.ts";
import { readAdapter } from "./adapter/files.ts";
import { mergeInto } from "./adapter/merge.ts";
import { LoraOptions } from "./adapter/options.ts";
import { openStored, writeMerged, writeUnmerged } from "./merge.ts";
import { openModel } from "./open.ts";

const FIXTURES = resolve("tests/fixtures");
const QWEN2 = join(FIXTURES, "qwen2");
const LORA = join(FIXTURES, "qwen2_lora");
/** float32 logits of two ways to compute the same */
const TOLERANCE = 1e-4;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-merge-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function merged(name: string, adapter: string, options: { base?: string } = {}): Promise<string> {
  const target = join(folder, name);
  await mkdir(target);
  await writeMerged(target, await openStored(adapter, options), () => {});
  return target;
}

async function logitsOf(at: string, tokens: number[]): Promise<Float32Array> {
  const { policy, weights } = await openModel(at, {});
  return (await allLogits(policy, weights, { tokens: Int32Array.from(tokens), pixels: null })).logits;
}

function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe("the fixture's adapter and Qwen2", () => {
  test("merged give PEFT's logits, and those of base and adapter side by side", async () => {
    const golden = JSON.parse(await readFile(join(LORA, "golden.json"), "utf8"));
    const target = await merged("float32", LORA);
    for (const { input_ids, logits } of golden.forward) {
      const whole = await logitsOf(target, input_ids);
      expect(furthest(whole, logits.flat())).toBeLessThan(TOLERANCE);
      expect(furthest(whole, await logitsOf(LORA, input_ids))).toBeLessThan(TOLERANCE);
    }
    const first = await logitsOf(target, golden.forward[0].input_ids);
    expect(furthest(first.subarray(0, 304), golden.merged.logits_first_row)).toBeLessThan(TOLERANCE);
    expect(golden.largest_change_from_base_logits).toBeGreaterThan(1); // the adapter does something
  });

  test("are a whole folder, its small files those of the base model byte for byte", async () => {
    const target = join(folder, "float32");
    const files = (await readdir(QWEN2)).filter((name) => !/^golden|\.v4\./.test(name));
    expect((await readdir(target)).sort()).toEqual(files.sort());
    for (const name of files.filter((name) => name !== "model.safetensors")) {
      expect(await readFile(join(target, name), "utf8")).toBe(await readFile(join(QWEN2, name), "utf8"));
    }
    expect((await readSafetensors(join(target, "model.safetensors"))).files[0]!.header).toBe(
      (await readSafetensors(join(QWEN2, "model.safetensors"))).files[0]!.header,
    );
  });

  test("of bfloat16: each sum is rounded once, and what the adapter leaves alone is the same bytes", async () => {
    const base = join(folder, "base-bf16");
    await cp(QWEN2, base, { recursive: true });
    const plain = await readWeights(QWEN2);
    const half = new Map<string, TensorToWrite>();
    for (const [name, { shape }] of plain.tensors) half.set(name, { shape, data: await plain.read(name), dtype: "BF16" });
    await writeSafetensors(join(base, "model.safetensors"), half);
    const target = await merged("bf16", LORA, { base });
    expect((await openStored(LORA, { base })).adapter!.types).toEqual(["BF16"]);

    const [source, result, { tensors }] = [await readWeights(base), await readWeights(target), await readAdapter(LORA)];
    let untouched = 0;
    for (const name of source.tensors.keys()) {
      const pair = tensors.get(name.replace(/\.weight$/, ""));
      expect(result.tensors.get(name)!.dtype).toBe("BF16");
      if (pair === undefined) {
        expect(await result.readBytes(name)).toEqual(await source.readBytes(name));
        untouched++;
        continue;
      }
      const sum = await source.read(name);
      mergeInto(sum, pair.A, pair.B, pair.scaling);
      const rounded = new Float32Array(sum.length);
      widenBfloat16(narrowToBfloat16(sum), rounded);
      expect(await result.read(name)).toEqual(rounded);
    }
    expect(untouched).toBe(source.tensors.size - 14);
  });

  test("another base model is one that it fits, and is one", async () => {
    await expect(openStored(LORA, { base: join(FIXTURES, "qwen3") })).rejects.toThrow("the adapter is for a weight of [48, 80]");
    await expect(openStored(LORA, { base: join(folder, "nowhere") })).rejects.toThrow(/nowhere: there is no such file or folder\n {2}Name/);
    await expect(openStored(LORA, { base: LORA })).rejects.toThrow("config.json: there is no such file or folder");
    const checkpoint = join(folder, "checkpoint");
    await cp(LORA, checkpoint, { recursive: true });
    await cp(join(QWEN2, "config.json"), join(checkpoint, "config.json"));
    await expect(openStored(LORA, { base: checkpoint })).rejects.toThrow(/the base model is an adapter itself\n {2}Merge that one/);
  });

  test("a base model that is gone is named, with the option that names another", async () => {
    const lost = join(folder, "lost");
    await cp(LORA, lost, { recursive: true });
    await expect(openStored(lost)).rejects.toThrow(/there is no model in "\.\.\/qwen2"\n {2}Name the base model's folder: vlrl merge/);
    expect((await openStored(lost, { base: QWEN2 })).folders).toEqual({ base: QWEN2, adapter: lost, files: QWEN2 });
  });

  test("written apart, it is the same adapter with its base model by the whole path", async () => {
    const target = join(folder, "apart");
    await mkdir(target);
    await writeUnmerged(target, await openStored(LORA));
    expect(await readFile(join(target, "adapter_model.safetensors"))).toEqual(await readFile(join(LORA, "adapter_model.safetensors")));
    expect(JSON.parse(await readFile(join(target, "adapter_config.json"), "utf8")).base_model_name_or_path).toBe(QWEN2);
    const tokens = [51, 256, 283, 266];
    expect(await logitsOf(target, tokens)).toEqual(await logitsOf(LORA, tokens));
  });
});

test("a model in shards whose layers Python names otherwise: Qwen2.5-VL", async () => {
  const base = join(FIXTURES, "qwen2_5_vl");
  const adapter = join(folder, "vl-adapter");
  const { weights, store } = await openModel(base, { lora: LoraOptions.parse({ rank: 2, target_modules: ["q_proj", "qkv"] }) });
  const random = new Random(1);
  for (const [name, values] of Object.entries(weights)) if (name.includes("lora_")) values.set(values.map(() => random.normal()));
  await store.write(adapter, weights);
  const target = await merged("shards", adapter);
  const [source, result] = [await readWeights(base), await readWeights(target)];
  const headers = ({ files }: typeof source) => files.map(({ path, header }) => [basename(path), header]);
  expect(headers(result)).toEqual(headers(source));
  expect(result.index).toBe(source.index);
  const changed: string[] = [];
  for (const name of source.tensors.keys()) {
    if (!Buffer.from(await source.readBytes(name)).equals(await result.readBytes(name))) changed.push(name);
  }
  expect(changed.sort()).toEqual([...source.tensors.keys()].filter((name) => /\.(q_proj|qkv)\.weight$/.test(name)).sort());
  const tokens = [5, 60, 99, 140, 33];
  expect(furthest(await logitsOf(target, tokens), await logitsOf(adapter, tokens))).toBeLessThan(TOLERANCE);
});

test("of the model never more than one tensor is asked for at a time", async () => {
  const stored = await openStored(LORA);
  let open = 0;
  const told: number[] = [];
  const target = join(folder, "counted");
  await mkdir(target);
  const read = async (name: string) => {
    expect(++open).toBe(1);
    const data = await stored.read(name);
    open--;
    return data;
  };
  await writeMerged(target, { ...stored, read }, (bytes) => told.push(bytes));
  expect(told).toHaveLength(stored.layout.files[0]!.tensors.length);
  expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(stored.bytes);
});

test("weights of another model are refused before anything is written, all differences at once", async () => {
  const odd = join(folder, "odd");
  await mkdir(odd);
  for (const name of ["config.json", "tokenizer.json"]) await symlink(join(QWEN2, name), join(odd, name));
  const plain = await readWeights(QWEN2);
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, { shape }] of plain.tensors) tensors.set(name, { shape, data: await plain.read(name) });
  tensors.delete("model.norm.weight");
  tensors.set("model.layers.0.self_attn.q_proj.bias", { shape: [2], data: new Float32Array(2) });
  tensors.set("model.layers.0.self_attn.q_norm.weight", { shape: [8], data: new Float32Array(8) });
  tensors.set("model.layers.0.self_attn.rotary_emb.inv_freq", { shape: [4], data: new Float32Array(4) });
  await writeSafetensors(join(odd, "model.safetensors"), tensors);
  const error = await openStored(odd).then(
    () => null,
    (error: Error) => error.message.replaceAll(join(odd, "model.safetensors"), "FILE"),
  );
  expect(error?.split("\n").filter((line) => line.startsWith("FILE"))).toEqual([
    "FILE: model.layers.0.self_attn.q_proj.bias: expected shape [48], got [2]",
    "FILE: model.norm.weight: this tensor of the model is missing",
    "FILE: model.layers.0.self_attn.q_norm.weight: the model has no such tensor",
  ]);
});
