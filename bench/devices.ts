/**
 * A training step (forward, backward, AdamW) and sampling on every device that is there, each in alternation with onnx-cpu in one run, and
 * the bytes that crossed to the device and back. `npm run bench:devices`, or with names: `-- tfjs-wasm onnx-webgpu`; `--json`.
 */
import { Random } from "../core/random.ts";
import { DEVICES, type Device, type ExecutorName, openExecutor, prepareProcess } from "../engines/devices.ts";
import { EmbeddedEngine } from "../engines/embedded/engine.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import { policyOf } from "../engines/embedded/policy.ts";
import type { SampleRequest } from "../engines/engine.ts";
import { DeviceError, type Executor } from "../engines/executor.ts";
import { productRate } from "../engines/self-test.ts";
import { modelStore, newLayout } from "../models/weights.ts";
import { losses } from "../trainers/losses/index.ts";
import { alternate } from "./alternate.ts";
import { plainRows, randomPrompt } from "./data.ts";
import { type BenchModel, benchModels } from "./models.ts";

const ADAMW = { lr: 1e-5, betas: [0.9, 0.95] as [number, number], eps: 1e-8, weight_decay: 0.1, max_grad_norm: 1 };
const CROSS_ENTROPY = { name: "cross_entropy", options: {}, temperature: 1 };
const NO_STOP = { temperature: 1, top_k: 0, top_p: 1, min_p: 0, stop_ids: [], stop_strings: [] };
const REPEATS = 5;
/** Of one device and model: a slow one is measured once. */
const BUDGET_MS = 30_000;
/** GFLOP/s of a 512 x 512 product, from which on the larger model is measured too. */
const FAST = 10;
/** Of each prompt, so that 64 are sampled at once. */
const COMPLETIONS = 4;

type Row = Record<string, string | number>;

/** The two tasks on an executor, and what has crossed the bus so far. */
function tasksOn(executor: Executor, { model, train, grpo }: BenchModel) {
  const store = modelStore(model, { layout: newLayout(model) });
  const engine = new EmbeddedEngine(policyOf(model), initialWeights(model, 0), losses, store, { slots: 64, threads: 0, executor });
  const random = new Random(1);
  const prompts = Array.from({ length: grpo.prompts }, () => randomPrompt(model, grpo.prompt, grpo.tiles, random));
  const seeds = prompts.map((_, p) => Array.from({ length: COMPLETIONS }, (_, i) => p * COMPLETIONS + i));
  const request: SampleRequest = { prompts, seeds, sampling: { ...NO_STOP, max_new_tokens: grpo.completion } };
  const rows = plainRows(model, train.rows, train.length, grpo.tiles, grpo.tiles > 0 ? grpo.prompt : 4);
  return {
    engine,
    tokens: grpo.prompts * COMPLETIONS * grpo.completion,
    train: async () => {
      await engine.forwardBackward(rows, CROSS_ENTROPY);
      await engine.optimStep(ADAMW);
    },
    sample: () => engine.sample(request, () => {}),
    /** bytes there and back of one more run of a task */
    async traffic(task: () => Promise<unknown>): Promise<[number, number]> {
      const { toDevice, toHost } = executor.traffic;
      await task();
      return [executor.traffic.toDevice - toDevice, executor.traffic.toHost - toHost];
    },
  };
}

async function benchOn(executor: Executor, model: BenchModel): Promise<Row> {
  const cpu = await openExecutor({ executor: "onnx", device: "cpu", threads: 0 });
  const [base, other] = [tasksOn(cpu, model), tasksOn(executor, model)];
  const times = { cpuTrain: base.train, train: other.train, cpuSample: base.sample, sample: other.sample };
  const ms = await alternate(times, REPEATS, { warmUp: 1, budgetMs: BUDGET_MS });
  const [trainThere, trainBack] = await other.traffic(other.train);
  const [sampleThere, sampleBack] = await other.traffic(other.sample);
  await base.engine.close();
  await other.engine.close();
  const rate = (milliseconds: number) => (base.tokens / milliseconds) * 1000;
  return {
    device: executor.name,
    model: model.name,
    "train ms": ms.train,
    "onnx-cpu's": ms.cpuTrain,
    "train, times as fast": ms.cpuTrain / ms.train,
    "tokens/s": rate(ms.sample),
    "onnx-cpu's tokens/s": rate(ms.cpuSample),
    "sampling, times as fast": ms.cpuSample / ms.sample,
    "MB to the device a step": trainThere / 1e6,
    "MB back a step": trainBack / 1e6,
    "KB to the device a token": sampleThere / base.tokens / 1e3,
    "KB back a token": sampleBack / base.tokens / 1e3,
  };
}

const json = process.argv.includes("--json");
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const say = (text: string) => (json ? undefined : console.log(text));
const models = await benchModels();
const [small, large] = ["quickstart", "M2"].map((name) => models.find((model) => model.name === name)!);
const results: Row[] = [];
prepareProcess();
for (const [executor, devices] of Object.entries(DEVICES) as [ExecutorName, readonly Device[]][]) {
  for (const device of devices) {
    const name = `${executor}-${device}`;
    if (wanted.length > 0 ? !wanted.includes(name) : name === "onnx-cpu") continue;
    try {
      const there = () => openExecutor({ executor, device, threads: 0 });
      // an engine closes its executor
      const gflops = await there().then((opened) => productRate(opened, { side: 512, milliseconds: 300 }).finally(() => opened.close()));
      results.push(await benchOn(await there(), small!));
      if (gflops >= FAST) results.push(await benchOn(await there(), large!));
      else say(`${name}: ${gflops.toPrecision(2)} GFLOP/s, ${large!.name} left out`);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      say(`${name}: ${error.problems[0]!.message}`);
    }
  }
}
if (json) console.log(JSON.stringify(results));
else
  console.table(
    results.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key, typeof value === "number" ? Number(value.toPrecision(3)) : value]),
      ),
    ),
  );
