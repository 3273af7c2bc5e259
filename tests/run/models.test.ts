import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWeights } from "../../core/safetensors.ts";
import type { EvalResult, RunSummary } from "../../trainers/events.ts";
import type { Generated } from "../../trainers/generate.ts";
import { fixture, grpo, MODELS, picturesOf, sft, writeRecipe, writeRows } from "./fixtures.ts";
import { Program } from "./program.ts";
import { metricsOf, rolloutsOf } from "./result.ts";

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-models-"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

async function json<T>(args: string[]): Promise<T> {
  const { code, err, out } = await program.run([...args, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as T;
}

/** What a folder's weights are, the values aside: files, headers with names, types, shapes and offsets, and the index of shards. */
async function layoutAt(checkpoint: string) {
  const { files, index } = await readWeights(checkpoint);
  return { files: files.map(({ path, header }) => [basename(path), header]), index };
}

test.each(MODELS)("%s: SFT, GRPO, evaluations, questions to its checkpoint, in the files that it came in", async (name) => {
  const pictures = picturesOf(name);
  await writeRows(folder, name, pictures);
  const model = `{ path: ${fixture(name)}, slots: 6, threads: 1 }`;
  const recipe = await writeRecipe(folder, { name, model, rows: name, stages: [sft(6), grpo(2, "kl_coef: 0.1")] });
  const runDir = join(folder, "runs", name);
  const { code, err, events } = await program.run(["train", recipe, "--run-dir", runDir, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);

  const metrics = await metricsOf(runDir);
  expect(metrics.map(({ stage, step }) => `${stage} ${step}`)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `warm ${n}`).concat("rl 1", "rl 2"));
  for (const [key, value] of metrics.flatMap((row) => Object.entries(row))) {
    // in JSON what is not finite is null
    if (typeof value !== "string") expect(value, key).toEqual(expect.any(Number));
  }
  const losses = metrics.filter(({ stage }) => stage === "warm").map(({ loss }) => loss as number);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  // the policy that is trained is the one that sampled, pictures included: float32, cached keys on one side
  for (const { ratio } of metrics.slice(6)) expect(Math.abs((ratio as number) - 1)).toBeLessThan(1e-4);
  expect(metrics[6]!.kl).toBeCloseTo(0, 6);
  expect(metrics[7]!.kl).toBeGreaterThan(1e-6);
  expect(Object.values(await rolloutsOf(runDir)).flat()).toHaveLength(12);

  const checkpoint = join(runDir, "checkpoints", "rl-step-000002");
  expect(await layoutAt(checkpoint)).toEqual(await layoutAt(fixture(name)));
  const [source, trained] = [await readWeights(fixture(name)), await readWeights(checkpoint)];
  for (const tensor of source.tensors.keys()) {
    const values = await trained.read(tensor);
    expect(values.every(Number.isFinite), tensor).toBe(true);
    expect(values, tensor).not.toEqual(await source.read(tensor));
  }

  const question = ["generate", checkpoint, "What is 1 + 2?", "--samples", "2", "--seed", "3", "--max-new-tokens", "6"];
  const answers = await json<Generated[]>([...question, ...pictures.slice(0, 1).flatMap((file) => ["--image", file])]);
  expect(answers).toHaveLength(2);
  for (const { tokens, logprob } of answers) {
    expect(tokens).toBeGreaterThan(0);
    expect(logprob).toBeLessThan(0);
  }
  if (pictures.length > 0) {
    const others = await json<Generated[]>([...question, "--image", pictures[1]!]);
    expect(others.map(({ logprob }) => logprob)).not.toEqual(answers.map(({ logprob }) => logprob));
  }

  const { eval: again } = await json<{ eval: EvalResult }>(["eval", checkpoint]);
  const end = events.at(-1) as { summary: RunSummary };
  const last = end.summary.stages.at(-1)!.eval;
  expect(last.mean_length).toBeGreaterThan(0);
  // a half-precision checkpoint is a rounded policy
  expect(again).toEqual(name === "qwen3" ? { ...again, n: last.n } : last);
});
