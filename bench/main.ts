/**
 * Speed on fixed shapes: training step, decoding, a whole GRPO step, and a group that shares its prompt against the plain way. Every figure
 * stands beside this machine's own float32 matrix product, measured in the same run; what is compared runs in alternation.
 * `npm run bench`, or `npm run bench -- --json`.
 */
import { Random } from "../core/random.ts";
import { type Architecture, parameterCount } from "../engines/embedded/architecture.ts";
import { EmbeddedEngine } from "../engines/embedded/engine.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import { policyOf } from "../engines/embedded/policy.ts";
import type { Completion, SampleRequest, TrainRow } from "../engines/engine.ts";
import { input, matmul } from "../engines/graph/build.ts";
import { OnnxSession } from "../engines/onnx/session.ts";
import { modelStore, newLayout } from "../models/weights.ts";
import { losses } from "../trainers/losses/index.ts";
import { alternate } from "./alternate.ts";
import { plainRows, randomPrompt, randomTokens, trainRow } from "./data.ts";
import { type BenchModel, benchModels } from "./models.ts";

const ADAMW = { lr: 1e-5, betas: [0.9, 0.95] as [number, number], eps: 1e-8, weight_decay: 0.1, max_grad_norm: 1 };
const NO_STOP = { temperature: 1, top_k: 0, top_p: 1, min_p: 0, stop_ids: [], stop_strings: [] };
const OPTIONS = { ratio: "token", clip_low: 0.2, clip_high: 0.2, delta: null, kl_estimator: null, entropy_bonus: false };
const GRPO = { name: "grpo", options: OPTIONS, temperature: 1 };
const CROSS_ENTROPY = { name: "cross_entropy", options: {}, temperature: 1 };

/** GFLOP/s of a 1024 x 1024 product on the executor that everything here runs on. */
async function matrixPeak(): Promise<{ run: () => Promise<unknown>; operations: number; close: () => Promise<void> }> {
  const n = 1024;
  const session = await OnnxSession.create({ c: matmul(input("a", [n, n]), input("b", [n, n])) }, { threads: 0 });
  const random = new Random(0);
  const matrix = () => Float32Array.from({ length: n * n }, () => random.uniform());
  const [a, b] = [matrix(), matrix()];
  const run = async () => {
    for (let i = 0; i < 4; i++) await session.run({ a, b });
  };
  return { run, operations: 4 * 2 * n ** 3, close: () => session.release() };
}

function engineOf(model: Architecture): EmbeddedEngine {
  const store = modelStore(model, { layout: newLayout(model) });
  return new EmbeddedEngine(policyOf(model), initialWeights(model, 0), losses, store, { slots: 64, threads: 0 });
}

async function sampleAll(engine: EmbeddedEngine, request: SampleRequest): Promise<Completion[][]> {
  const out: Completion[][] = request.prompts.map(() => []);
  await engine.sample(request, (completion) => {
    out[completion.prompt]![completion.member] = completion;
  });
  return out;
}

async function benchModel({ name, model, train, grpo }: BenchModel, repeats: number): Promise<Record<string, number | string>> {
  const engine = engineOf(model);
  const peak = await matrixPeak();
  const random = new Random(1);
  const prompts = Array.from({ length: grpo.prompts }, () => randomPrompt(model, grpo.prompt, grpo.tiles, random));
  const seeds = prompts.map((_, p) => Array.from({ length: grpo.group }, (_, i) => p * grpo.group + i));
  const request = { prompts, seeds, sampling: { ...NO_STOP, max_new_tokens: grpo.completion } };
  const plain = plainRows(model, train.rows, train.length, grpo.tiles, grpo.tiles > 0 ? grpo.prompt : 4);
  const newTokens = grpo.prompts * grpo.group * grpo.completion;

  const step = async (rows: TrainRow[], spec: typeof GRPO | typeof CROSS_ENTROPY) => {
    await engine.forwardBackward(rows, spec);
    await engine.optimStep(ADAMW);
  };
  const ms = await alternate(
    {
      peak: peak.run,
      train: () => step(plain, CROSS_ENTROPY),
      decode: () => engine.sample(request, () => {}),
      grpo: async () => {
        const completions = await sampleAll(engine, request);
        await step(
          prompts.map((prompt, p) => trainRow(prompt, completions[p]!, 1 / newTokens)),
          GRPO,
        );
      },
    },
    repeats,
  );
  await engine.close();
  await peak.close();
  const parameters = parameterCount(model.parameters);
  const gflops = (6 * parameters * train.rows * train.length) / ms.train / 1e6;
  const peakGflops = peak.operations / ms.peak / 1e6;
  return {
    shape: name,
    parameters,
    "peak GFLOP/s": peakGflops,
    "train ms": ms.train,
    "train model GFLOP/s": gflops,
    "train / peak": gflops / peakGflops,
    "decode tokens/s": (newTokens / ms.decode) * 1000,
    "GRPO step ms": ms.grpo,
    "GRPO new tokens/s": (newTokens / ms.grpo) * 1000,
  };
}

/** A group of 8 with an 80-token prompt and 24-token completions: one shared row against eight rows. */
async function benchSharing({ name, model }: BenchModel, repeats: number): Promise<Record<string, number | string>> {
  const random = new Random(2);
  const [groups, members, promptLength, length] = [8, 8, 80, 24];
  const weight = 1 / (groups * members * length);
  const shared = Array.from({ length: groups }, () =>
    trainRow(
      randomPrompt(model, promptLength, 0, random),
      Array.from({ length: members }, () => ({ tokens: randomTokens(model, length, random), logprobs: new Float32Array(length) })),
      weight,
    ),
  );
  const plain = shared.flatMap((row) => row.completions.map((completion) => ({ prompt: row.prompt, completions: [completion] })));
  const engine = engineOf(model);
  const ms = await alternate(
    {
      shared: async () => {
        await engine.forwardBackward(shared, CROSS_ENTROPY);
        await engine.optimStep(ADAMW);
      },
      plain: async () => {
        await engine.forwardBackward(plain, CROSS_ENTROPY);
        await engine.optimStep(ADAMW);
      },
    },
    repeats,
  );
  await engine.close();
  return { shape: name, "shared ms": ms.shared, "plain ms": ms.plain, "plain / shared": ms.plain / ms.shared };
}

const json = process.argv.includes("--json");
const models = await benchModels();
const tables: Record<string, Record<string, number | string>[]> = { speed: [], "shared prompt": [] };
for (const model of models) tables.speed!.push(await benchModel(model, model.name === "M2" ? 3 : 5));
for (const model of models.slice(0, 2)) tables["shared prompt"]!.push(await benchSharing(model, 5));
if (json) console.log(JSON.stringify(tables));
else {
  for (const [title, rows] of Object.entries(tables)) {
    console.log(title);
    console.table(
      Object.fromEntries(
        rows.map(({ shape, ...row }) => [
          shape,
          Object.fromEntries(
            Object.entries(row).map(([key, value]) => [key, typeof value === "number" ? Number(value.toPrecision(4)) : value]),
          ),
        ]),
      ),
    );
  }
}
