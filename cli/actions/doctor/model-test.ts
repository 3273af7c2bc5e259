import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EncodedPrompt, TrainRow } from "../../../engines/engine.ts";
import { DeviceError, type Executor } from "../../../engines/executor.ts";

/** What the tiny preset computes: forward, gradient, an AdamW step, and what is sampled after it. */
export interface ModelNumbers {
  /** nats, by token */
  logprobs: number[];
  /** by parameter */
  gradients: Record<string, Float32Array>;
  /** logprobs after the update */
  updated: number[];
  /** a greedy completion */
  tokens: number[];
}

/** Logprobs in nats, and a gradient as a share of its largest entry: float32 in another order gives 1e-5 at most. */
const TOLERANCE = 1e-3;
const COMPLETION = 6;

export interface ModelTest {
  numbers(executor: Executor): Promise<ModelNumbers>;
  /** tokens a second of 64 completions of 16 tokens */
  tokensPerSecond(executor: Executor): Promise<number>;
}

/** The tiny preset with seeded weights and a prompt with a picture, ready for any executor. */
export async function modelTest(): Promise<ModelTest> {
  const [{ writeTinyFiles }, { openModel }, { loadProcessor }, { EmbeddedEngine }, { losses }, { openDataset }] = await Promise.all([
    import("../../../models/tiny/files.ts"),
    import("../../../models/open.ts"),
    import("../../../models/processor/load.ts"),
    import("../../../engines/embedded/engine.ts"),
    import("../../../trainers/losses/index.ts"),
    import("../../../datasets/index.ts"),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "vlrl-doctor-"));
  try {
    await writeTinyFiles(folder);
    const { policy, weights, store } = await openModel(folder, { fresh: true, seed: 1 });
    const processor = await loadProcessor(folder);
    const dataset = await openDataset({ name: "digit_sum", split: "test" }, { folder, seed: 0 });
    const { image } = (await dataset.at(0)).fields as { image: { type: "image"; image: never }["image"] };
    const content = [
      { type: "image" as const, image },
      { type: "text" as const, text: "1 + 2 = " },
    ];
    const { prompt } = await processor.encodePrompt([{ role: "user", content }]);
    const engineOn = (executor: Executor) => {
      const copies = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, values.slice()]));
      return new EmbeddedEngine(policy, copies, losses, store, { slots: 64, threads: 0, executor });
    };
    return {
      numbers: (executor) => numbersOf(engineOn(executor), prompt),
      tokensPerSecond: (executor) => rateOf(engineOn(executor), prompt),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type TestEngine = import("../../../engines/embedded/engine.ts").EmbeddedEngine;

const GREEDY = { temperature: 0, top_k: 0, top_p: 1, min_p: 0, max_new_tokens: COMPLETION, stop_ids: [], stop_strings: [] };

async function numbersOf(engine: TestEngine, prompt: EncodedPrompt): Promise<ModelNumbers> {
  const completion = (first: number) => ({
    tokens: Int32Array.from({ length: COMPLETION }, (_, i) => (first + 5 * i) % 40),
    fields: { weights: new Float32Array(COMPLETION).fill(1 / COMPLETION) },
  });
  const rows: TrainRow[] = [{ prompt, completions: [completion(3), completion(11)] }];
  const logprobs = async () => {
    const result = await engine.logprobs(rows, { temperature: 1, policy: "current" });
    return result.logprobs.flat().flatMap((values) => [...values]);
  };
  const before = await logprobs();
  await engine.forwardBackward(rows, { name: "cross_entropy", options: {}, temperature: 1 });
  const gradients = { ...(await engine.heldGradients())! };
  // a large eps keeps the update in proportion to the gradient, so that rounding does not turn the smallest entries around
  await engine.optimStep({ lr: 1e-3, betas: [0.9, 0.99], eps: 1e-3, weight_decay: 0.01, max_grad_norm: 1 });
  const tokens: number[] = [];
  await engine.sample({ prompts: [prompt], seeds: [[0]], sampling: GREEDY }, (sampled) => tokens.push(...sampled.tokens));
  const numbers = { logprobs: before, gradients, updated: await logprobs(), tokens };
  await engine.close();
  return numbers;
}

async function rateOf(engine: TestEngine, prompt: EncodedPrompt): Promise<number> {
  const seeds = [Array.from({ length: 64 }, (_, i) => i)];
  const sampling = { ...GREEDY, temperature: 1, max_new_tokens: 16 };
  let tokens = 0;
  const count = (sampled: { tokens: Int32Array }) => {
    tokens += sampled.tokens.length;
  };
  const sample = () => engine.sample({ prompts: [prompt], seeds, sampling }, count);
  // once for the sessions
  await sample();
  tokens = 0;
  const started = performance.now();
  await sample();
  const seconds = (performance.now() - started) / 1000;
  await engine.close();
  return tokens / seconds;
}

/** The largest difference of two sets of numbers; throws DeviceError where it is too large, or another token was sampled. */
export function compareNumbers(device: string, actual: ModelNumbers, expected: ModelNumbers): number {
  const gaps = [
    ["logprobs", gap(actual.logprobs, expected.logprobs)],
    ["gradients", gradientGap(actual.gradients, expected.gradients)],
    ["logprobs after an AdamW step", gap(actual.updated, expected.updated)],
  ] as const;
  for (const [what, size] of gaps) {
    // NaN is no number that is small enough
    if (!(size <= TOLERANCE)) throw new DeviceError(device, "wrong", `the tiny model's ${what} are off by ${size.toExponential(1)}`);
  }
  if (actual.tokens.join() !== expected.tokens.join()) {
    throw new DeviceError(
      device,
      "wrong",
      `the tiny model says ${actual.tokens.join(" ")} where it should say ${expected.tokens.join(" ")}`,
    );
  }
  return Math.max(...gaps.map(([, size]) => size));
}

function gap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const size = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(size)) return Number.NaN;
    largest = Math.max(largest, size);
  }
  return largest;
}

/** As a share of the largest entry of all. */
function gradientGap(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): number {
  let [largest, top] = [0, 0];
  for (const [name, values] of Object.entries(expected)) {
    const size = gap(actual[name] ?? [], values);
    if (!(size < Infinity)) return size;
    largest = Math.max(largest, size);
    top = values.reduce((most, value) => Math.max(most, Math.abs(value)), top);
  }
  return largest / top;
}
