import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CheckpointError } from "../../core/errors.ts";
import { readSafetensors, readWeights } from "../../core/safetensors.ts";
import { type TensorToWrite, writeSafetensors } from "../../core/safetensors-write.ts";
import { checkAdapter, readAdapter, writeAdapter } from "./files.ts";
import { mergeInto } from "./merge.ts";

const FIXTURE = "tests/fixtures/qwen2_lora";
const LAST_Q = "model.layers.1.self_attn.q_proj";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-adapter-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("the fixture: config, modules, shapes, scaling", async () => {
  const { config, tensors } = await readAdapter(FIXTURE);
  expect(config).toEqual({
    rank: 4,
    alpha: 8,
    dropout: 0,
    rslora: false,
    targets: ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"],
    exclude: null,
    layers: null,
    layersPattern: [],
    rankPattern: {},
    alphaPattern: {},
    taskType: "CAUSAL_LM",
  });
  expect(tensors.size).toBe(14); // 7 projections of 2 layers
  const { A, B, ...rest } = tensors.get("model.layers.0.mlp.down_proj")!;
  expect(rest).toEqual({ rank: 4, alpha: 8, scaling: 2, inFeatures: 80, outFeatures: 48, dtype: "F32" });
  expect([A.length, B.length]).toEqual([320, 192]);
});

test("the fixture is rewritten with equal tensors, byte for byte, and reads as the same adapter", async () => {
  const adapter = await readAdapter(FIXTURE);
  const to = join(folder, "again");
  await writeAdapter(to, adapter, { baseModel: "../qwen2" });
  const [ours, theirs] = await Promise.all([to, FIXTURE].map((at) => readFile(join(at, "adapter_model.safetensors"))));
  expect(Buffer.compare(ours!, theirs!)).toBe(0);
  expect(await readAdapter(to)).toEqual(adapter);
  const written = JSON.parse(await readFile(join(to, "adapter_config.json"), "utf8"));
  // A part of what PEFT 0.21 writes, in its order and with its values.
  expect(JSON.parse(await readFile(join(FIXTURE, "adapter_config.json"), "utf8"))).toMatchObject(written);
  expect(Object.keys(written)).toEqual(Object.keys(written).sort());
});

test("merged into the base model's weight it is what PEFT's merge_and_unload gives", async () => {
  const golden = JSON.parse(await readFile(join(FIXTURE, "golden.json"), "utf8")).merged.last_layer_q_proj;
  const { tensors } = await readAdapter(FIXTURE);
  const base = await readWeights("tests/fixtures/qwen2");
  const weight = await base.read(`${LAST_Q}.weight`, golden.shape);
  const { A, B, scaling } = tensors.get(LAST_Q)!;
  mergeInto(weight, A, B, scaling);
  // PEFT sums in float32: values of size 1 differ by its rounding.
  for (const [i, value] of golden.first.entries()) expect(weight[i]).toBeCloseTo(value, 6);
  expect(Math.hypot(...weight)).toBeCloseTo(golden.norm, 5);
});

test("half tensors are written in the type they came in; the name of the adapter in a key does not matter", async () => {
  const from = await mkdtemp(join(folder, "half-"));
  const tensors = new Map<string, TensorToWrite>([
    ["base_model.model.a.x.lora_A.default.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6), dtype: "BF16" }],
    ["base_model.model.a.x.lora_B.default.weight", { shape: [1, 2], data: Float32Array.of(7, 8), dtype: "BF16" }],
  ]);
  await writeSafetensors(join(from, "adapter_model.safetensors"), tensors);
  await writeFile(
    join(from, "adapter_config.json"),
    JSON.stringify({ peft_type: "LORA", r: 2, lora_alpha: 3, target_modules: ["x"], use_rslora: true }),
  );
  const adapter = await readAdapter(from);
  expect(adapter.tensors.get("a.x")).toMatchObject({ rank: 2, dtype: "BF16", scaling: 3 / Math.sqrt(2) });
  const to = join(folder, "half-again");
  await writeAdapter(to, adapter, { baseModel: "base" });
  const again = await readSafetensors(join(to, "adapter_model.safetensors"));
  expect([...again.tensors.values()].map(({ name, dtype }) => [name, dtype])).toEqual([
    ["base_model.model.a.x.lora_A.weight", "BF16"],
    ["base_model.model.a.x.lora_B.weight", "BF16"],
  ]);
});

test("all-linear is written as the modules it was", async () => {
  const adapter = await readAdapter(FIXTURE);
  const to = join(folder, "all");
  await writeAdapter(to, { ...adapter, config: { ...adapter.config, targets: "all-linear" } }, { baseModel: "../qwen2" });
  expect((await readAdapter(to)).config.targets).toEqual([...adapter.tensors.keys()].sort());
});

/** The fixture with another config, and other tensors where given. */
async function changed(change: Record<string, unknown>, tensors: Map<string, TensorToWrite> | null = null): Promise<string> {
  const path = await mkdtemp(join(folder, "changed-"));
  const config = JSON.parse(await readFile(join(FIXTURE, "adapter_config.json"), "utf8"));
  await writeFile(join(path, "adapter_config.json"), JSON.stringify({ ...config, ...change }));
  if (tensors === null) await copyFile(join(FIXTURE, "adapter_model.safetensors"), join(path, "adapter_model.safetensors"));
  else await writeSafetensors(join(path, "adapter_model.safetensors"), tensors);
  return path;
}

async function refusal(path: string): Promise<string> {
  const error = await readAdapter(path).then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return (error as CheckpointError).message;
}

test.each<[Record<string, unknown>, RegExp]>([
  [{ use_dora: true }, /use_dora: DoRA scales/],
  [{ bias: "all" }, /bias: expected "none", got "all"/],
  [{ modules_to_save: ["lm_head"] }, /modules_to_save: modules that are trained whole/],
  [{ lora_bias: true }, /lora_bias: a bias on B/],
  [{ trainable_token_indices: [1, 2] }, /trainable_token_indices: trained rows/],
  [{ target_parameters: ["experts.up"] }, /target_parameters: adapters on single parameters/],
  [{ layer_replication: [[0, 2]] }, /layer_replication: a model whose layers/],
  [{ fan_in_fan_out: true }, /fan_in_fan_out: weights that are stored as/],
  [{ peft_type: "IA3" }, /peft_type: expected "LORA", got "IA3"/],
  [{ megatron_config: { tp: 2 } }, /megatron_config: Megatron/],
  [{ alora_invocation_tokens: [5] }, /alora_invocation_tokens: /],
  [{ arrow_config: { top_k: 3 } }, /arrow_config: /],
  [{ use_qalora: true }, /use_qalora: /],
  [{ use_bdlora: { nblocks: 2 } }, /use_bdlora: /],
  [{ kasa_config: { beta: 1 } }, /kasa_config: /],
  [{ velora_config: { scale: 1 } }, /velora_config: /],
  [{ monteclora_config: { num_samples: 8 } }, /monteclora_config: /],
  [{ ensure_weight_tying: true }, /ensure_weight_tying: /],
  [{ init_lora_weights: "pissa_niter_16" }, /init_lora_weights: an adapter started as "pissa_niter_16" belongs to a base model whose/],
  [{ init_lora_weights: "OLoRA" }, /init_lora_weights: an adapter started as "OLoRA"/],
  [{ use_rslroa: true }, /use_rslroa: unknown field with the value true\n {2}Did you mean use_rslora\?/],
  [{ brand_new: 3 }, /brand_new: unknown field with the value 3\n {2}It is none of the fields of PEFT 0\.15 to 0\.21/],
  [{ r: 0 }, /: r: can't be 0/],
  [{ r: undefined }, /: r: is missing/],
  [{ target_modules: null }, /target_modules: is not set/],
  [{ target_modules: "(" }, /target_modules: "\(" is a regular expression that can't be read/],
  [{ rank_pattern: { "(": 3 } }, /rank_pattern: "\(" is a regular expression/],
  [{ target_modules: ".*_proj", layers_to_transform: [0] }, /layers_to_transform: only goes with a list/],
])("config %j is refused", async (change, message) => expect(await refusal(await changed(change))).toMatch(message));

test.each([
  { init_lora_weights: "gaussian", loftq_config: { loftq_bits: 4 }, auto_mapping: { parent_library: "x" }, peft_version: "0.99" },
  { brand_new: null, brand_new_too: false, modules_to_save: [], trainable_token_indices: {} },
  { layers_to_transform: [0, 1], layers_pattern: "layers", lora_alpha: 8.5, task_type: null },
  { target_modules: ".*_proj", exclude_modules: ["lm_head"], qalora_group_size: 8 },
  { target_modules: "all-linear", exclude_modules: [] },
])("config %j is taken", async (change) => {
  expect((await readAdapter(await changed(change))).tensors.size).toBe(14);
});

test("all that is wrong at once", async () => {
  const message = await refusal(await changed({ use_dora: true, r: -1, brand_new: 1 }));
  expect(message).toMatch(/use_dora/);
  expect(message).toMatch(/: r: /);
  expect(message).toMatch(/brand_new/);
});

const pair = (module: string, rank = 4): [string, TensorToWrite][] => [
  [`base_model.model.${module}.lora_A.weight`, { shape: [rank, 3], data: new Float32Array(3 * rank) }],
  [`base_model.model.${module}.lora_B.weight`, { shape: [2, rank], data: new Float32Array(2 * rank) }],
];
const extra = (name: string): [string, TensorToWrite] => [`base_model.model.${name}`, { shape: [1, 4], data: new Float32Array(4) }];

test.each<[string, [string, TensorToWrite][], RegExp]>([
  [
    "an adapter on embeddings",
    [extra("model.embed_tokens.lora_embedding_A")],
    /lora_embedding_A: an adapter on embeddings is not supported/,
  ],
  ["DoRA's magnitudes", [...pair("x.q_proj"), extra("x.q_proj.lora_magnitude_vector")], /DoRA's magnitudes are not supported/],
  ["a bias", [...pair("x.q_proj"), extra("x.q_proj.lora_B.bias")], /lora_B\.bias: a bias on B/],
  ["a whole weight", [...pair("x.q_proj"), extra("lm_head.weight")], /lm_head\.weight: a weight of the base model in the adapter/],
  ["one of two", pair("x.q_proj").slice(1), /x\.q_proj\.lora_A\.weight: this tensor is missing/],
  ["another rank", pair("x.q_proj", 5), /lora_A\.weight: expected shape \[4, in\], got \[5,3\]/],
  ["no target", pair("x.fc1"), /x\.fc1\.lora_A\.weight: adapter_config\.json does not target this module/],
  ["no tensors", [], /the adapter has no tensors/],
  [
    "twice",
    [...pair("x.q_proj"), extra("x.q_proj.lora_A.default.weight")],
    /is the same tensor as base_model\.model\.x\.q_proj\.lora_A\.weight/,
  ],
])("tensors are refused: %s", async (_, tensors, message) => expect(await refusal(await changed({}, new Map(tensors)))).toMatch(message));

test("files that are missing or pickled", async () => {
  const path = await mkdtemp(join(folder, "files-"));
  expect(await refusal(path)).toMatch(/there is no adapter_config\.json/);
  await copyFile(join(FIXTURE, "adapter_config.json"), join(path, "adapter_config.json"));
  expect(await refusal(path)).toMatch(/adapter_model\.safetensors: there is no such file/);
  await writeFile(join(path, "adapter_model.bin"), "");
  expect(await refusal(path)).toMatch(/the weights are pickled \(adapter_model\.bin\): a pickle can run code/);
  await writeFile(join(path, "adapter_config.json"), "[]");
  expect(await refusal(path)).toMatch(/adapter_config\.json: expected an object/);
  await writeFile(join(path, "adapter_config.json"), "{");
  expect(await refusal(path)).toMatch(/adapter_config\.json: not JSON/);
});

test("an adapter against a model: unknown modules, other shapes, targets without tensors", async () => {
  const adapter = await readAdapter(FIXTURE);
  const modules = new Map(
    [...adapter.tensors].map(([module, { inFeatures, outFeatures }]) => [module, [outFeatures, inFeatures] as const]),
  );
  const check = () => checkAdapter(adapter, modules, FIXTURE);
  modules.set("lm_head", [304, 48]);
  expect(check).not.toThrow();
  modules.set("model.layers.2.self_attn.q_proj", [48, 48]);
  modules.delete(LAST_Q);
  modules.set("model.layers.1.mlp.up_proj", [80, 64]);
  expect(check).toThrow(`${LAST_Q}: the model has no such linear module\n  The nearest one is`);
  expect(check).toThrow("model.layers.1.mlp.up_proj: the adapter is for a weight of [80, 48], the model's is [80,64]");
  expect(check).toThrow("model.layers.2.self_attn.q_proj: adapter_config.json targets this module, but the adapter has no tensors for it");
});
