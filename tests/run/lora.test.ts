import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, readWeights } from "../../core/safetensors.ts";
import type { EvalResult } from "../../trainers/events.ts";
import type { Generated } from "../../trainers/generate.ts";
import { fixture, grpo, picturesOf, sft, writeRecipe, writeRows } from "./fixtures.ts";
import { Program } from "./program.ts";
import { metricsOf, weightHashes } from "./result.ts";

/** What is known of an adapter's checkpoint besides the tokenizer's files. */
const ADAPTER_FILES = ["adapter_config.json", "adapter_model.safetensors", "config.json", "optimizer.safetensors", "state.json"];

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-lora-"));
  await mkdir(join(folder, "runs"));
  await writeRows(folder, "text");
  await writeRows(folder, "pictures", picturesOf("smolvlm"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

const runDirOf = (name: string) => join(folder, "runs", name);
const checkpointOf = (name: string, step: string) => join(runDirOf(name), "checkpoints", step);
const adapterOf = (checkpoint: string) => readSafetensors(join(checkpoint, "adapter_model.safetensors"));

async function run(name: string, model: string, stages: string[], rows = "text") {
  const recipe = await writeRecipe(folder, { name, model: `{ ${model}, slots: 6, threads: 1 }`, rows, stages });
  const { code, err } = await program.run(["train", recipe, "--run-dir", runDirOf(name), "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return (await metricsOf(runDirOf(name))) as Record<string, number>[];
}

async function json<T>(args: string[]): Promise<T> {
  const { code, err, out } = await program.run([...args, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as T;
}

/** Only an adapter is in there, and the commands that read a checkpoint take it: they see what the run saw at its end. */
async function expectWorkingAdapter(checkpoint: string, last: Record<string, number>, more: string[] = []): Promise<void> {
  const files = await readdir(checkpoint);
  expect(files).toEqual(expect.arrayContaining([...ADAPTER_FILES, "tokenizer.json"]));
  expect(files.filter((file) => /^model.*safetensors|weights-float32/.test(file))).toEqual([]);
  const moments = [...(await readSafetensors(join(checkpoint, "optimizer.safetensors"))).tensors.keys()];
  expect(moments.filter((name) => !name.includes("lora_"))).toEqual([]);
  const answers = await json<Generated[]>(["generate", checkpoint, "What is 1 + 2?", "--max-new-tokens", "16", ...more]);
  expect(answers).toEqual([
    { text: expect.any(String), tokens: expect.any(Number), logprob: expect.any(Number), finish: expect.any(String) },
  ]);
  const result = (await json<{ eval: EvalResult }>(["eval", checkpoint])).eval;
  for (const [name, value] of Object.entries(result)) expect(value, name).toBe(last[`eval_${name}`]);
}

describe("an adapter on qwen2", () => {
  const base = fixture("qwen2");

  test("learns in SFT, then in GRPO from its checkpoint, held to the base; the base's files are as they were", async () => {
    const before = await weightHashes(base);
    const warm = await run("warm", `path: ${base}, lora: { rank: 4, alpha: 8 }`, [sft(8)]);
    expect(warm.at(-1)!.loss).toBeLessThan(warm[0]!.loss! / 1.5);
    const start = checkpointOf("warm", "warm-step-000008");
    await expectWorkingAdapter(start, warm.at(-1)!);

    const rl = await run("rl", `path: ${start}`, [grpo(3, "kl_coef: 0.1, reference: base")]);
    // the trained adapter is away from the base from the first step on, and from its own start only then
    expect(rl[0]!.kl).toBeGreaterThan(1e-3);
    const held = await run("held", `path: ${start}`, [grpo(2, "kl_coef: 0.1, reference: start")]);
    expect(held[0]!.kl).toBeCloseTo(0, 6);
    expect(held[1]!.kl).toBeGreaterThan(1e-8);

    const end = checkpointOf("rl", "rl-step-000003");
    await expectWorkingAdapter(end, rl.at(-1)!);
    const [from, to] = [await adapterOf(start), await adapterOf(end)];
    expect([...to.tensors.keys()]).toEqual([...from.tensors.keys()]);
    expect(to.tensors.size).toBe(28); // A and B of 7 layers in each of 2 blocks
    for (const name of to.tensors.keys()) expect(await to.read(name), name).not.toEqual(await from.read(name));
    expect(JSON.parse(await readFile(join(end, "adapter_config.json"), "utf8")).base_model_name_or_path).toBe(base);
    expect(await weightHashes(base)).toEqual(before);
  });

  test("a folder that PEFT wrote, without tokenizer and with a relative base, is a model.path", async () => {
    const source = fixture("qwen2_lora");
    const rows = await run("peft", `path: ${source}`, [sft(2)]);
    const checkpoint = checkpointOf("peft", "warm-step-000002");
    await expectWorkingAdapter(checkpoint, rows.at(-1)!);
    const [from, to] = [await adapterOf(source), await adapterOf(checkpoint)];
    expect([...to.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual(
      [...from.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]),
    );
    const dry = await program.run(["train", join(folder, "peft.yaml"), "--dry-run"]);
    expect(dry.err).toBe("");
    expect(dry.code).toBe(0);
    const [answer] = await json<Generated[]>(["generate", source, "What is 1 + 2?", "--max-new-tokens", "4"]);
    const [bare] = await json<Generated[]>(["generate", base, "What is 1 + 2?", "--max-new-tokens", "4"]);
    expect(answer!.logprob).not.toBe(bare!.logprob);
  });

  describe("dropout", () => {
    // with eps far above a gradient's rounding, equal gradients give equal updates: Adam alone makes a sign of the smallest difference
    const stages = (more = "") => [sft(3, more).replace("lr: 3.0e-3", "lr: 3.0e-3, eps: 1.0e-3")];
    const model = (dropout: number) => `path: ${base}, lora: { rank: 4, alpha: 8, dropout: ${dropout} }`;
    const weights = (name: string) => adapterOf(checkpointOf(name, "warm-step-000003"));
    const largestGap = async (a: string, b: string) => {
      const [one, other] = [await weights(a), await weights(b)];
      let gap = 0;
      for (const name of one.tensors.keys()) {
        const [x, y] = [await one.read(name), await other.read(name)];
        x.forEach((value, i) => {
          gap = Math.max(gap, Math.abs(value - y[i]!));
        });
      }
      return gap;
    };

    test("trains, is its own for every run and not for every pass: the same seed and any micro-batch give the same update", async () => {
      const rows = await run("dropout", model(0.3), stages());
      const none = await run("none", model(0), stages());
      expect(await run("again", model(0.3), stages())).toEqual(rows);
      // B is 0 at first, so that what A's input is does not show in the first loss
      expect(rows[0]!.loss).toBe(none[0]!.loss);
      expect(rows.at(-1)!.loss).not.toBe(none.at(-1)!.loss);
      expect(rows.at(-1)!.loss).toBeLessThan(rows[0]!.loss!);
      const hashes = (name: string) => weightHashes(checkpointOf(name, "warm-step-000003"));
      expect(await hashes("again")).toEqual(await hashes("dropout"));
      expect(await largestGap("dropout", "none")).toBeGreaterThan(1e-4);

      const micro = await run("micro", model(0.3), stages("micro_batch_size: 1"));
      expect(await largestGap("dropout", "micro")).toBeLessThan(1e-6);
      micro.forEach(({ loss }, i) => {
        expect(loss).toBeCloseTo(rows[i]!.loss!, 5);
      });
      // evaluations drop nothing
      await expectWorkingAdapter(checkpointOf("dropout", "warm-step-000003"), rows.at(-1)!);
    });
  });
});

test("smolvlm: the vision tower is left out by an expression; pictures are seen all the same", async () => {
  const lora = `lora: { rank: 2, alpha: 4, exclude_modules: ".*vision_model.*" }`;
  const rows = await run("vlm", `path: ${fixture("smolvlm")}, ${lora}`, [sft(6), grpo(1, "kl_coef: 0.1, reference: base")], "pictures");
  expect(rows[5]!.loss).toBeLessThan(rows[0]!.loss!);
  expect(rows[6]!.kl).toBeGreaterThan(1e-5);
  const checkpoint = checkpointOf("vlm", "rl-step-000001");
  const [one, other] = picturesOf("smolvlm");
  await expectWorkingAdapter(checkpoint, rows.at(-1)!, ["--image", one!]);
  const names = [...(await adapterOf(checkpoint)).tensors.keys()];
  expect(names).toHaveLength(28);
  expect(names.filter((name) => !name.includes("text_model.layers"))).toEqual([]);
  const logprob = async (image: string) =>
    (await json<Generated[]>(["generate", checkpoint, "What is 1 + 2?", "--image", image, "--max-new-tokens", "4"]))[0]!.logprob;
  expect(await logprob(one!)).not.toBe(await logprob(other!));
  const { files } = await readWeights(fixture("smolvlm"));
  expect(files.map(({ path }) => basename(path))).toEqual(["model.safetensors"]);

  // the same adapter beside its base: model.path and model.lora.path, as a folder without the base's name would be given
  const both = await run("both", `path: ${fixture("smolvlm")}, lora: { path: ${checkpoint} }`, [sft(1)], "pictures");
  const alone = await run("alone", `path: ${checkpoint}`, [sft(1)], "pictures");
  expect(both).toEqual(alone);
});
