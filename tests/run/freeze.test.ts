import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { narrowToHalf, widenHalf } from "../../core/half.ts";
import { readSafetensors, readWeights } from "../../core/safetensors.ts";
import { fixture, grpo, picturesOf, sft, writeRecipe, writeRows } from "./fixtures.ts";
import { Program } from "./program.ts";

const SOURCE = fixture("smolvlm");
let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-freeze-"));
  await writeRows(folder, "rows", picturesOf("smolvlm"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

async function train(name: string, freeze: string, more = "") {
  const model = `{ path: ${SOURCE}, freeze: ${freeze}, slots: 6, threads: 1${more} }`;
  const recipe = await writeRecipe(folder, { name, model, rows: "rows", stages: [sft(2), grpo(1)] });
  return program.run(["train", recipe, "--run-dir", join(folder, "runs", name), "--json"]);
}

test("frozen tensors stay byte for byte, every other one moves, and only those have an optimizer's moments", async () => {
  const { code, err } = await train("tower", "[vision_model]");
  expect(err).toBe("");
  expect(code).toBe(0);
  const checkpoint = join(folder, "runs", "tower", "checkpoints", "rl-step-000001");
  const [before, after] = [await readWeights(SOURCE), await readWeights(checkpoint)];
  expect([...after.tensors.keys()]).toEqual([...before.tensors.keys()]);
  const same: string[] = [];
  for (const name of before.tensors.keys()) {
    if (Buffer.compare(await before.readBytes(name), await after.readBytes(name)) === 0) same.push(name);
  }
  expect(same).toEqual([...before.tensors.keys()].filter((name) => name.includes("vision_model")));
  expect(same.length).toBeGreaterThan(10);
  const moments = [...(await readSafetensors(join(checkpoint, "optimizer.safetensors"))).tensors.keys()];
  expect(moments.length).toBeGreaterThan(10);
  expect(moments.filter((name) => name.includes("vision_model"))).toEqual([]);
});

test("what is frozen may be held in half precision: a checkpoint has it rounded, and a resumed run ends where one without a stop does", async () => {
  const { code, err } = await train("halves", "[vision_model]", ", frozen_dtype: float16");
  expect(err).toBe("");
  expect(code).toBe(0);
  const run = join(folder, "runs", "halves");
  const [before, after] = [await readWeights(SOURCE), await readWeights(join(run, "checkpoints", "rl-step-000001"))];
  for (const [name, { shape }] of before.tensors) {
    if (!name.includes("vision_model") || shape.length === 1) continue;
    const values = await before.read(name);
    const rounded = new Float32Array(values.length);
    widenHalf(narrowToHalf(values), rounded);
    expect(Buffer.compare(Buffer.from(rounded.buffer), await after.readBytes(name)), name).toBe(0);
  }
  const last = join(run, "checkpoints", "rl-step-000001", "model.safetensors");
  const whole = await readFile(last);
  await rm(join(run, "checkpoints", "rl-step-000001"), { recursive: true });
  const again = await program.run(["train", join(folder, "halves.yaml"), "--run-dir", run, "--resume", "--json"]);
  expect(again.err).toBe("");
  expect(again.code).toBe(0);
  expect(Buffer.compare(await readFile(last), whole)).toBe(0);
});

test.each([
  ["nothing", "[vison_model, embed_tokens]", 'model.freeze.0: no parameter\'s name holds "vison_model"\n  Did you mean "vision_model"?'],
  ["all", "['.']", "model.freeze: these patterns freeze every parameter\n  Leave something to train."],
])("patterns that fit %s are refused", async (name, freeze, message) => {
  const { code, err } = await train(name, freeze);
  expect(err).toContain(message);
  expect(err).not.toMatch(/^ {4}at /m);
  expect(code).toBe(2);
});
