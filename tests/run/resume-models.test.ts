import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { readWeights } from "../../core/safetensors.ts";
import type { RunEvent } from "../../trainers/events.ts";
import { fixture, grpo, picturesOf, sft, writeRecipe, writeRows } from "./fixtures.ts";
import { killAt, type Trigger } from "./kill.ts";
import { Program } from "./program.ts";
import { resultOf, weightHashes } from "./result.ts";

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-resume-models-"));
  await writeRows(folder, "text");
  await writeRows(folder, "pictures", picturesOf("qwen2_5_vl"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

const runDirOf = (name: string) => join(folder, "runs", name);
const recipeOf = (name: string, model: string, stages: string[], rows = "text") =>
  writeRecipe(folder, { name, model: `{ ${model}, slots: 6, threads: 1 }`, rows, stages });

/** Runs a recipe in a folder of that name, or goes on with the run there, to its end. */
async function toTheEnd(recipe: string, name: string) {
  const { code, err } = await program.run(["train", recipe, "--run-dir", runDirOf(name), "--resume", "auto", "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return resultOf(runDirOf(name));
}

/** Kills a run at one moment after the other, lets it end, and expects what the one that never stopped gave. */
async function expectSameAfterKills(recipe: string, name: string, whole: object, moments: Record<string, Trigger>): Promise<void> {
  for (const [moment, trigger] of Object.entries(moments)) {
    const signal = await killAt(program, recipe, runDirOf(name), trigger);
    // a moment in the run itself is reached for certain; a time may come after the run's end on a fast machine
    if (!("afterMs" in trigger)) expect(signal, moment).toBe("SIGKILL");
  }
  expect(await toTheEnd(recipe, name)).toEqual(whole);
}

/** Goes on with a copy of a run that has no checkpoint later than one that it keeps: as if killed right after saving that. */
async function expectSameFrom(recipe: string, run: string, checkpoint: string, whole: object): Promise<void> {
  const name = `${run}-from-${checkpoint}`;
  await cp(runDirOf(run), runDirOf(name), { recursive: true });
  const checkpoints = join(runDirOf(name), "checkpoints");
  // stages are named in the order of the alphabet here
  const later = (await readdir(checkpoints)).filter((one) => one > checkpoint);
  expect(later.length).toBeGreaterThan(0);
  for (const one of later) await rm(join(checkpoints, one), { recursive: true });
  expect(await toTheEnd(recipe, name)).toEqual(whole);
}

const random = new Random(7);
const someTime = (): Trigger => ({ afterMs: random.integer(200, 1000) });
const step = (n: number): Trigger => ({ event: (event: RunEvent) => event.type === "step" && event.step === n });
const sampling = (): Trigger => ({ event: (event) => event.type === "progress" && event.what === "sample" });
const writing = (checkpoint: string): Trigger => ({ file: ["checkpoints", new RegExp(`^\\.${checkpoint}\\..*part$`)] });

test("GRPO from the checkpoint of an SFT run, in shards and with pictures", async () => {
  await toTheEnd(await recipeOf("warm", `path: ${fixture("qwen2_5_vl")}`, [sft(6)], "pictures"), "warm");
  const start = join(runDirOf("warm"), "checkpoints", "warm-step-000006");
  const stages = [grpo(4, "kl_coef: 0.1, save_every: 1")];
  const recipe = await recipeOf("rl", `path: ${start}`, stages, "pictures");
  const whole = await toTheEnd(recipe, "rl");
  expect(Object.keys(whole.weights["rl-step-000003"]!)).toEqual([
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "optimizer.safetensors",
    "snapshot-reference.safetensors",
  ]);
  await expectSameAfterKills(recipe, "rl-killed", whole, {
    "some time after the start": someTime(),
    sampling: sampling(),
    "while a checkpoint is written": writing("rl-step-000002"),
    "after a step": step(3),
  });
});

test("an adapter with dropout: a new one in SFT and GRPO, and that one in another GRPO run", async () => {
  const lora = "lora: { rank: 4, alpha: 8, dropout: 0.2 }";
  const kl = "kl_coef: 0.1, reference: base, save_every: 1";
  const recipe = await recipeOf("a", `path: ${fixture("qwen2")}, ${lora}`, [sft(4, "save_every: 1").replace("warm", "fit"), grpo(2, kl)]);
  const whole = await toTheEnd(recipe, "a");
  expect(Object.keys(whole.weights["rl-step-000001"]!)).toEqual(["adapter_model.safetensors", "optimizer.safetensors"]);
  await expectSameFrom(recipe, "a", "fit-step-000002", whole);
  await expectSameFrom(recipe, "a", "fit-step-000004", whole);

  const start = join(runDirOf("a"), "checkpoints", "rl-step-000002");
  const next = await recipeOf("next", `path: ${start}`, [grpo(4, kl)]);
  const wholeNext = await toTheEnd(next, "next");
  await expectSameAfterKills(next, "next-killed", wholeNext, {
    "after a step": step(1),
    "some time later": someTime(),
    "while a checkpoint is written": writing("rl-step-000003"),
  });
});

test("a bfloat16 model: its own files are rounded, resuming goes on from the exact weights", async () => {
  const stages = [sft(5, "save_every: 1").replace("warm", "a"), sft(4, "save_every: 2").replace("warm", "b")];
  const recipe = await recipeOf("half", `path: ${fixture("qwen3")}`, stages);
  const whole = await toTheEnd(recipe, "half");
  const checkpoint = join(runDirOf("half"), "checkpoints", "b-step-000002");
  expect(Object.keys(await weightHashes(checkpoint))).toEqual([
    "model.safetensors",
    "optimizer.safetensors",
    "weights-float32.safetensors",
  ]);
  const { tensors } = await readWeights(checkpoint);
  expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["BF16"]));
  await expectSameAfterKills(recipe, "half-killed", whole, {
    "some time after the start": someTime(),
    "after a step": step(2),
    "while a checkpoint is written": writing("a-step-000004"),
  });
  // between two stages, and within the second
  await expectSameFrom(recipe, "half", "a-step-000005", whole);
  await expectSameFrom(recipe, "half", "b-step-000002", whole);
});
