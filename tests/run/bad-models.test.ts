import { cp, mkdtemp, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWeights } from "../../core/safetensors.ts";
import { type TensorToWrite, writeSafetensors } from "../../core/safetensors-write.ts";
import { fixture, grpo, picturesOf, sft, writeRecipe, writeRows } from "./fixtures.ts";
import { Program } from "./program.ts";

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-bad-models-"));
  await writeRows(folder, "text");
  await writeRows(folder, "pictures", picturesOf("qwen2_5_vl"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

type Json = Record<string, unknown>;

interface Case {
  /** the fixture that is copied */
  model: string;
  /** what is wrong with the copy */
  change?: (at: string) => Promise<void>;
  /** what is wrong with the recipe */
  options?: string;
  rows?: string;
  stage?: string;
  message: string;
  /** which commands meet it; a dry run reads the headers of the weights, all else that a run starts with, and the first rows */
  told: ("dry" | "train" | "generate")[];
}

const edit = (file: string, change: (json: Json) => Json) => async (at: string) => {
  const path = join(at, file);
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, "utf8")) as Json)));
};
const config = (more: Json) => edit("config.json", (json) => ({ ...json, ...more }));
const base = (path: string) => edit("adapter_config.json", (json) => ({ ...json, base_model_name_or_path: path }));

const INDEX = "model.safetensors.index.json";
const SHARD = "model-00002-of-00002.safetensors";
const NORM = "model.norm.weight";
const everywhere: Case["told"] = ["dry", "train", "generate"];
const inRecipe: Case["told"] = ["dry", "train"];

const cases: Record<string, Case> = {
  "an unknown field": { model: "qwen2", change: config({ brand_new: 3 }), message: "config.json: brand_new: ", told: everywhere },
  "a misspelt field": {
    model: "qwen2",
    change: config({ num_hiden_layers: 2 }),
    message: "config.json: num_hiden_layers: ",
    told: everywhere,
  },
  "a rope that is not known": {
    model: "qwen2",
    change: config({ rope_parameters: { rope_type: "longrope", rope_theta: 1e6 } }),
    message: "longrope",
    told: everywhere,
  },
  "quantized weights": {
    model: "qwen2",
    change: config({ quantization_config: { quant_method: "gptq", bits: 4 } }),
    message: "config.json: quantization_config: ",
    told: everywhere,
  },
  "a missing shard": { model: "qwen2_5_vl", change: (at) => rm(join(at, SHARD)), message: SHARD, told: everywhere },
  "an index of another file": {
    model: "qwen2_5_vl",
    change: edit(INDEX, ({ weight_map, ...rest }) => ({
      ...rest,
      weight_map: { ...(weight_map as Json), "model.language_model.norm.weight": "model-00003-of-00003.safetensors" },
    })),
    message: "model-00003-of-00003.safetensors",
    told: everywhere,
  },
  "a shard cut short": { model: "qwen2_5_vl", change: (at) => truncate(join(at, SHARD), 100_000), message: SHARD, told: everywhere },
  "a tensor of another shape": {
    model: "qwen2",
    async change(at) {
      const weights = await readWeights(at);
      const tensors = new Map<string, TensorToWrite>();
      for (const [name, { shape }] of weights.tensors) tensors.set(name, { shape, data: await weights.read(name) });
      tensors.set(NORM, { shape: [3], data: new Float32Array(3) });
      await writeSafetensors(join(at, "model.safetensors"), tensors);
    },
    message: `model.safetensors: ${NORM}: expected shape [48], got [3]`,
    told: everywhere,
  },
  "pickled weights": {
    model: "qwen2",
    change: (at) => rename(join(at, "model.safetensors"), join(at, "pytorch_model.bin")),
    message: "the weights are pickled (pytorch_model.bin)",
    told: everywhere,
  },
  "no weights": {
    model: "qwen2",
    change: (at) => rm(join(at, "model.safetensors")),
    message: "there is no model.safetensors and no model.safetensors.index.json",
    told: everywhere,
  },
  "weights cut short": {
    model: "qwen2",
    change: (at) => truncate(join(at, "model.safetensors"), 50_000),
    message: "of a file of 50000 bytes",
    told: everywhere,
  },
  "weights of whole numbers": {
    model: "qwen2",
    async change(at) {
      const path = join(at, "model.safetensors");
      const raw = await readFile(path);
      // as wide as float32, so that the bytes still fit
      const header = raw.subarray(0, 8 + Number(raw.readBigUInt64LE())).toString("latin1");
      await writeFile(path, Buffer.concat([Buffer.from(header.replaceAll('"F32"', '"I32"'), "latin1"), raw.subarray(header.length)]));
    },
    message: "model.embed_tokens.weight: expected F32, F16 or BF16, got I32",
    told: everywhere,
  },
  "an adapter cut short": {
    model: "qwen2_lora",
    async change(at) {
      await base(fixture("qwen2"))(at);
      await truncate(join(at, "adapter_model.safetensors"), 4000);
    },
    message: "adapter_model.safetensors: ",
    told: everywhere,
  },
  "an adapter to go on from that is of another model": {
    model: "qwen3",
    options: `lora: { path: ${fixture("qwen2_lora")} }`,
    message: "the adapter is for a weight of",
    told: inRecipe,
  },
  "a row without a response": {
    model: "qwen2",
    stage: sft(1, "response_field: tarce"),
    message: "sum-0: tarce: the row has no such field",
    told: inRecipe,
  },
  "an adapter without its base": {
    model: "qwen2_lora",
    change: base("../somewhere/else"),
    message: 'adapter_config.json: base_model_name_or_path: there is no model in "../somewhere/else"',
    told: everywhere,
  },
  "an adapter of another model": {
    model: "qwen2_lora",
    change: base(fixture("qwen3")),
    message: "model.layers.0.self_attn.q_proj: the adapter is for a weight of [48, 48], the model's is [64,40]",
    told: everywhere,
  },
  "an adapter on an adapter": {
    model: "qwen2_lora",
    change: base(fixture("qwen2")),
    options: "lora: {}",
    message: "model.lora: this folder is an adapter itself",
    told: inRecipe,
  },
  "an adapter and frozen parameters": {
    model: "qwen2_lora",
    change: base(fixture("qwen2")),
    options: "freeze: [embed_tokens]",
    message: "model.freeze: this folder is an adapter, and nothing but it is trained",
    told: inRecipe,
  },
  "a new adapter and frozen parameters": {
    model: "qwen2",
    options: "lora: {}, freeze: [embed_tokens]",
    message: "model: with lora nothing but the adapter is trained\n  Leave freeze out.",
    told: inRecipe,
  },
  "targets that are no modules": {
    model: "qwen2",
    options: "lora: { target_modules: [q_porj] }",
    message: 'target_modules: "q_porj" fits none of the model\'s 14 linear modules\n  Did you mean q_proj?',
    told: inRecipe,
  },
  "the model without an adapter as reference": {
    model: "qwen2",
    stage: grpo(1, "kl_coef: 0.1, reference: base"),
    message: "stages.rl.reference: the policy has no adapter that could be left off",
    told: inRecipe,
  },
  "an SFT row that is too long": {
    model: "qwen2_5_vl",
    options: "max_length: 40",
    rows: "pictures",
    message: "sum-0: 52 tokens of prompt (pictures included) and 11 after it are more than the 40 that the policy takes",
    told: inRecipe,
  },
  "a GRPO row that is too long": {
    model: "qwen2_5_vl",
    options: "max_length: 40",
    rows: "pictures",
    stage: grpo(1),
    message: "sum-0: 52 tokens of prompt (pictures included) and 5 after it are more than the 40 that the policy takes",
    told: inRecipe,
  },
  "a budget of too few pixels": {
    model: "qwen2_5_vl",
    options: "max_pixels: 10",
    rows: "pictures",
    message: "max_pixels: 10 pixels are less than one block of 2 x 2 patches, which has 64\n  Use 64 or more.",
    told: inRecipe,
  },
};

test.each(Object.entries(cases))(
  "%s",
  async (title, { model, change, options = "slots: 6", rows = "text", stage = sft(1), ...expected }) => {
    const name = title.replaceAll(" ", "-");
    const at = join(folder, name);
    await cp(fixture(model), at, { recursive: true });
    await change?.(at);
    const recipe = await writeRecipe(folder, { name, model: `{ path: ${name}, threads: 1, ${options} }`, rows, stages: [stage] });
    const commands = {
      dry: ["train", recipe, "--dry-run"],
      train: ["train", recipe, "--run-dir", join(folder, "runs", name), "--json"],
      generate: ["generate", at, "What is 1 + 2?", "--max-new-tokens", "4"],
    };
    // a question says nothing of a recipe that is wrong
    const asked = Object.entries(commands).filter(([command]) => command !== "generate" || expected.told.includes(command));
    const outcomes = asked.map(async ([command, args]) => ({ command, ...(await program.run(args)) }));
    for (const { command, code, err } of await Promise.all(outcomes)) {
      const told = expected.told.includes(command as keyof typeof commands);
      if (told) expect(err, command).toContain(expected.message);
      expect(err, command).not.toMatch(/^ {4}at /m);
      expect(code, command).toBe(told ? 2 : 0);
    }
  },
);

test("a dry run tells all of it at once, and in how many rows it looked", async () => {
  const at = join(folder, "all");
  await cp(fixture("qwen2_5_vl"), at, { recursive: true });
  await truncate(join(at, SHARD), 100_000);
  await rm(join(at, "model-00001-of-00002.safetensors"));
  const model = `{ path: all, threads: 1, max_length: 54, lora: { path: ${fixture("qwen2_lora")} } }`;
  const stages = [sft(1, "response_field: tarce"), grpo(1)];
  const recipe = await writeRecipe(folder, { name: "all", model, rows: "pictures", stages });
  const { code, out, err } = await program.run(["train", recipe, "--dry-run"]);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toContain("model-00001-of-00002.safetensors: there is no such file");
  expect(err).toContain(`${SHARD}: `);
  expect(err).toContain(`${fixture("qwen2_lora")}: model.layers.0.self_attn.q_proj: `);
  for (const row of [0, 1, 2, 3]) expect(err).toContain(`sum-${row}: tarce: the row has no such field`);
  // the second stage begins with sum-0 and sum-1, of which the shorter one fits
  expect(err).toContain("data.train: of the 6 rows looked at, 5 would stop the run");
  expect(err).toContain("sum-0: 52 tokens of prompt (pictures included) and 16 after it are more than the 54 that the policy takes");
  expect(err).toContain("data.eval: of the 4 rows looked at, 4 would stop the run");
});

test("rows that no stage reaches do not count", async () => {
  const model = `{ path: ${fixture("qwen2")}, threads: 1 }`;
  const rows = [0, 1].map((i) => ({ id: `row-${i}`, question: "What?", answer: "1", trace: "1".repeat(i === 0 ? 1 : 5000) }));
  await writeFile(join(folder, "long.jsonl"), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  const dry = async (steps: number) => {
    const stage = `{ name: warm, kind: sft, steps: ${steps}, batch_size: 1 }`;
    return program.run(["train", await writeRecipe(folder, { name: `long-${steps}`, model, rows: "long", stages: [stage] }), "--dry-run"]);
  };
  const [one, two] = await Promise.all([dry(1), dry(2)]);
  expect(one.err).toBe("");
  expect(one.out).toContain("# nothing wrong with the model's files, nor with the rows looked at: 1 of data.train, 2 of data.eval\n");
  expect(two.code).toBe(2);
  expect(two.err).toMatch(
    /^row-1: \d+ tokens of prompt \(pictures included\) and \d+ after it are more than the 512 that the policy takes$/m,
  );
  expect(two.err).toContain("data.train: of the 2 rows looked at, 1 would stop the run");
});
