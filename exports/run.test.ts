import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { loadState } from "../checkpoints/state.ts";
import { readWeights } from "../core/safetensors.ts";
import { type TensorToWrite, writeSafetensors } from "../core/safetensors-write.ts";
import { openModel } from "../models/open.ts";
import { writeTinyFiles } from "../models/tiny/files.ts";
import { Program, TINY } from "../tests/run/program.ts";
import { ROOT } from "../tests/sources.ts";
import type { Written } from "./new-folder.ts";

/** What a person may call a run: everything but slashes and control characters. */
const HOSTILE = "---\u2028# x | `y` <script> [z](javascript:1) *b* 名";
const SMALL = "batch_size: 2, optimizer: { lr: 1.0e-3 }";
/** How the default preset's files look without what a run needs to go on. */
const MODEL_FILES = [
  "README.md",
  "chat_template.jinja",
  "config.json",
  "generation_config.json",
  "model.safetensors",
  "preprocessor_config.json",
  "processor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
];

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-export-run-"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

async function vlrl(...args: string[]): Promise<string> {
  const { code, err, out } = await program.run(args);
  expect(err).toBe("");
  expect(code).toBe(0);
  return out;
}

async function written(...args: string[]): Promise<Written> {
  return JSON.parse(await vlrl(...args, "--json")) as Written;
}

/** A recipe of the given lines over the smallest one's data and rewards; gives the run's folder after training. */
async function trained(name: string, lines: string): Promise<string> {
  const recipe = join(folder, `${name}.yaml`);
  await writeFile(recipe, `extends: ${JSON.stringify(TINY)}\nevaluation: { rows: 4, initial: false }\n${lines}`);
  const runDir = join(folder, name);
  await vlrl("train", recipe, "--run-dir", runDir, "--json");
  return runDir;
}

async function card(out: string): Promise<{ front: Record<string, unknown>; body: string; yaml: unknown[] }> {
  const match = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(await readFile(join(out, "README.md"), "utf8"))!;
  const yaml = [...match[2]!.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => parse(text!));
  return { front: parse(match[1]!), body: match[2]!, yaml };
}

/** Every parameter of a folder's model is the other's. */
async function sameModel(a: string, b: string): Promise<void> {
  const [left, right] = [await openModel(a, {}), await openModel(b, {})];
  expect(Object.keys(left.weights)).toEqual(Object.keys(right.weights));
  for (const [name, values] of Object.entries(left.weights)) expect(values, name).toEqual(right.weights[name]);
}

test("a run's checkpoints, with a card of how they came about; a hostile name changes nothing in it", async () => {
  const runDir = await trained(
    "whole",
    `name: ${JSON.stringify(HOSTILE)}
stages:
  - { name: warm, kind: sft, steps: 2, ${SMALL} }
  - { name: rl, kind: grpo, steps: 2, save_every: 1, groups_per_step: 1, group_size: 2, sampling: { max_new_tokens: 4 } }
`,
  );
  const last = join(runDir, "checkpoints", "rl-step-000002");
  const out = join(folder, "whole-hf");
  const { files, bytes, folder: at } = await written("export", last, "--out", out);
  expect(at).toBe(out);
  expect(files).toEqual(MODEL_FILES);
  expect((await readdir(out)).sort()).toEqual(MODEL_FILES);
  expect(bytes).toBeGreaterThan(2_000_000);
  await sameModel(out, last);

  const state = await loadState(last);
  const { front, body, yaml } = await card(out);
  expect(front).toEqual({ library_name: "transformers", pipeline_tag: "image-text-to-text", tags: ["vlrl", "sft", "grpo"] });
  expect(yaml.at(-1)).toEqual(state.recipe);
  expect(state.recipe.name).toBe(HOSTILE);
  expect(body.split("\n").filter((line) => line.startsWith("#"))).toEqual([
    expect.stringMatching(/^# &#45;|^# -/),
    "## How to load it",
    "## Results",
    "## Data",
    "## Recipe",
    "## Lineage",
  ]);
  expect(body.replaceAll(/^```[\s\S]*?^```$/gm, "")).not.toMatch(/<script|javascript:|\u2028/);
  expect(body).toContain("made from nothing by the preset tiny");
  const lineage = body.split("## Lineage\n\n")[1]!.trimEnd().split("\n");
  expect(lineage).toEqual([
    "1. started from the preset tiny, weights from the run's seed",
    "2. stage warm: sft, 2 steps",
    "3. stage rl: grpo, 2 steps",
    "4. checkpoint of stage warm at step 2: whole/checkpoints/warm-step-000002",
    "5. checkpoint of stage rl at step 1: whole/checkpoints/rl-step-000001",
    "6. checkpoint of stage rl at step 2: whole/checkpoints/rl-step-000002",
  ]);

  // on the way: its stage was not done
  const early = join(folder, "early-hf");
  await written("export", join(runDir, "checkpoints", "rl-step-000001"), "--out", early);
  const { body: earlyBody } = await card(early);
  expect(earlyBody).toContain("3. stage rl: grpo, 1 of 2 steps");
  expect(earlyBody).not.toContain("rl-step-000002");
  expect(earlyBody).toMatch(/^\| warm \| sft \| 2 \| 4 \| \d/m);
  expect(earlyBody).toMatch(/^\| rl \| grpo \| 1 of 2 \| 0 \| – \|/m);

  // without its state the run's own files say what they can
  await rm(join(last, "state.json"));
  const bare = join(folder, "bare-hf");
  await written("export", last, "--out", bare);
  const { yaml: bareYaml, body: bareBody } = await card(bare);
  expect(bareYaml.at(-1)).toMatchObject({ name: HOSTILE, model: { preset: "tiny" } });
  expect(bareBody).toMatch(/^\| rl \| grpo \| 2 \| 4 \| \d/m);

  // the tiny preset ties its head: for transformers.js the shared embedding lies in two files
  const onnx = await written("export", last, "--out", join(folder, "whole-onnx"), "--format", "onnx");
  expect(onnx.files.filter((file) => file.endsWith(".onnx"))).toHaveLength(3);
});

test("an adapter's checkpoints: merged by default, or kept", async () => {
  const runDir = await trained(
    "lora",
    `model: { preset: tiny, slots: 8, threads: 1, lora: { rank: 2, target_modules: [q_proj, v_proj] } }
stages: [{ name: warm, kind: sft, steps: 2, ${SMALL} }]
`,
  );
  const checkpoint = join(runDir, "checkpoints", "warm-step-000002");
  const out = join(folder, "lora-hf");
  expect((await written("export", checkpoint, "--out", out)).files).toEqual(MODEL_FILES);
  const { policy } = await openModel(out, {});
  expect(policy.adapters.size).toBe(0);
  const { front, body } = await card(out);
  expect(front.tags).toEqual(["vlrl", "sft", "lora"]);
  expect(body).toMatch(/^2\. low-rank adapter on it: rank 2, alpha 32, \d+ linear layers, [\d,]+ numbers$/m);
  expect(body).toMatch(/^5\. the adapter was merged into the base model's weights$/m);

  const merged = await written("merge", checkpoint, "--out", join(folder, "lora-merged"));
  expect(merged.files).toEqual(MODEL_FILES.filter((file) => file !== "README.md"));
  await sameModel(join(folder, "lora-merged"), out);
  const base = await readWeights(join(runDir, "model"));
  expect(await (await readWeights(out)).readBytes("model.text_model.norm.weight")).toEqual(
    await base.readBytes("model.text_model.norm.weight"),
  );

  const apart = join(folder, "lora-apart");
  const { files } = await written("export", checkpoint, "--out", apart, "--adapter");
  expect(files.filter((file) => /safetensors|adapter|state|optim/.test(file))).toEqual([
    "adapter_config.json",
    "adapter_model.safetensors",
  ]);
  await sameModel(apart, checkpoint);
  expect((await card(apart)).front.library_name).toBe("peft");
});

test("a bfloat16 model's weights are those of its files, without the full precision that resuming needs", async () => {
  const base = join(folder, "bf16");
  await mkdir(base);
  await writeTinyFiles(base);
  const { weights, policy } = await openModel(base, { fresh: true });
  const half = policy.model.parameters.map(({ name, shape }): [string, TensorToWrite] => [
    name,
    { shape, data: weights[name]!, dtype: "BF16" },
  ]);
  await writeSafetensors(join(base, "model.safetensors"), new Map(half));
  const runDir = await trained(
    "half",
    `model: { path: ${JSON.stringify(base)}, slots: 8, threads: 1 }
stages: [{ name: warm, kind: sft, steps: 1, ${SMALL} }]
`,
  );
  const checkpoint = join(runDir, "checkpoints", "warm-step-000001");
  expect(await readdir(checkpoint)).toContain("weights-float32.safetensors");
  const out = join(folder, "half-hf");
  expect((await written("export", checkpoint, "--out", out)).files).toEqual(MODEL_FILES);
  const bytes = (at: string) => readFile(join(at, "model.safetensors"));
  expect((await bytes(out)).equals(await bytes(checkpoint))).toBe(true);
  expect((await bytes(out)).equals(await bytes(base))).toBe(false);
  expect((await card(out)).body).toContain("1. started from bf16");
});

test("mistakes end with 2 and the cure; what is there stays as it is", async () => {
  const qwen2 = join(ROOT, "tests", "fixtures", "qwen2");
  const before = (await readdir(qwen2)).sort();
  for (const [args, message] of [
    [["export", join(folder, "nowhere"), "--out", join(folder, "o")], "nowhere: there is no such folder\n  Give a model's folder"],
    [["export", qwen2, "--out", qwen2], "the folder is not empty, and nothing in it is overwritten\n  Give --out the name of a new folder"],
    [["merge", qwen2, "--out", join(folder, "o")], "this is a whole model, not an adapter"],
    [["export", qwen2], "error: required option '--out <folder>' not specified"],
    [["export", qwen2, "--out", join(folder, "o"), "--format", "gguf"], "Allowed choices are hf, onnx."],
  ] as const) {
    const { code, err, out } = await program.run([...args]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  }
  expect((await readdir(qwen2)).sort()).toEqual(before);
  expect(await readdir(folder)).not.toContain("o");
});
