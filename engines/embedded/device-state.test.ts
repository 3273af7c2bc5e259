import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { narrowToHalf } from "../../core/half.ts";
import { decoderWeights, fullAdapter, smallDecoder, textRows } from "../../tests/decoder-fixture.ts";
import { losses } from "../../trainers/losses/index.ts";
import type { LossSpec, OptimizerStep } from "../engine.ts";
import type { DeviceValue, Executor } from "../executor.ts";
import { input, mul } from "../graph/build.ts";
import { sizeOf, type Tensor, topological } from "../graph/tensor.ts";
import { OnnxExecutor } from "../onnx/executor.ts";
import { ReferenceExecutor } from "../reference/executor.ts";
import { TfjsExecutor } from "../tfjs/executor.ts";
import { DeviceState } from "./device-state.ts";
import { EmbeddedEngine, type WeightStore } from "./engine.ts";
import { HostState } from "./host-state.ts";
import { planPasses } from "./pass.ts";
import { type Policy, type PolicyOptions, policyOf } from "./policy.ts";
import { SessionCache } from "./sessions.ts";
import { lossGraph } from "./train-graph.ts";

const EXECUTORS: Record<string, () => Promise<Executor>> = {
  reference: async () => new ReferenceExecutor(),
  "onnx-cpu": async () => new OnnxExecutor({ threads: 1 }),
  "tfjs-cpu": () => TfjsExecutor.open("cpu"),
  "tfjs-wasm": () => TfjsExecutor.open("wasm"),
};

const noStore: WeightStore = { exact: false, write: async () => {}, read: async () => {} };
const SFT: LossSpec = { name: "cross_entropy", options: {}, temperature: 1 };
/** Clips at every step, with rates and decay of their own; an eps that keeps the update of entries with hardly a gradient from turning around. */
const ADAMW: OptimizerStep = {
  lr: 0.01,
  betas: [0.9, 0.95],
  eps: 1e-4,
  weight_decay: 0.1,
  max_grad_norm: 0.05,
  lr_scale: { "layers.0": 0.5, "layers.1.mlp": 0 },
  no_decay: ["norm", "lora_A"],
};

type State = "host" | "device";

/** The small decoder on an executor; what is stored in half precision is so. */
function engineOn(
  executor: Executor,
  state: State | undefined,
  options: PolicyOptions = {},
  size: Parameters<typeof smallDecoder>[0] = {},
) {
  const policy = policyOf(smallDecoder(size), options);
  const all = decoderWeights(policy);
  const halves: Record<string, Uint16Array> = {};
  const weights: Record<string, Float32Array> = {};
  for (const [name, values] of Object.entries(all)) {
    if (policy.halves.has(name)) halves[name] = narrowToHalf(values);
    else weights[name] = values;
  }
  const engine = new EmbeddedEngine(policy, weights, losses, noStore, { slots: 2, threads: 1, halves, executor, state });
  const values = async () => {
    const now: Record<string, Float32Array> = {};
    for (const { name } of policy.trained) now[name] = (await engine.parameter(name))!.slice();
    return now;
  };
  return { engine, values, policy };
}

const rows = () => textRows(61);

/** A step on the gradient of two calls of several passes each. */
async function update(engine: EmbeddedEngine, options = ADAMW) {
  await engine.forwardBackward(rows().slice(0, 2), SFT);
  await engine.forwardBackward(rows().slice(2), SFT);
  return engine.optimStep(options);
}

function gap(a: Record<string, Float32Array>, b: Record<string, Float32Array>): number {
  return Math.max(...Object.entries(a).flatMap(([name, values]) => [...values].map((value, i) => Math.abs(value - b[name]![i]!))));
}

const VARIANTS: [string, PolicyOptions][] = [
  ["a whole model", {}],
  ["an adapter", { adapters: fullAdapter(smallDecoder()) }],
  ["what is not frozen and stored as halves", { freeze: ["embed_tokens", "layers\\.2\\."], frozenDtype: "float16" }],
];

describe.each(Object.entries(EXECUTORS))("on %s", (name, open) => {
  test.each(name === "reference" || name === "tfjs-cpu" ? VARIANTS.slice(1) : VARIANTS)(
    "five steps of AdamW on %s are those of the host",
    async (_, options) => {
      const [host, device] = [engineOn(await open(), "host", options), engineOn(await open(), "device", options)];
      const start = await host.values();
      for (let step = 0; step < 5; step++) {
        const [expected, actual] = [await update(host.engine), await update(device.engine)];
        expect(actual.skipped).toBe(false);
        // gradients are clipped at a norm of 0.05
        expect(expected.gradNorm).toBeGreaterThan(0.1);
        expect(Math.abs(actual.gradNorm - expected.gradNorm)).toBeLessThan(2e-5 * expected.gradNorm);
      }
      const [expected, actual] = [await host.values(), await device.values()];
      // a gradient's rounding of 1e-8, over eps, times the rate
      expect(gap(actual, expected)).toBeLessThan(2e-6);
      expect(gap(expected, start)).toBeGreaterThan(1e-2);
      const still = Object.keys(start).filter((parameter) => parameter.includes("layers.1.mlp"));
      expect(still.length).toBeGreaterThan(2);
      for (const parameter of still) expect(actual[parameter]).toEqual(start[parameter]);
      await Promise.all([host.engine.close(), device.engine.close()]);
    },
    60_000,
  );
});

describe.each(["onnx-cpu", "tfjs-wasm"])("on %s", (name) => {
  const open = EXECUTORS[name]!;

  test("a step after saving and loading is the one that would have come without, on the host as well", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vlrl-state-"));
    const [one, other, host] = [
      engineOn(await open(), "device"),
      engineOn(await open(), "device"),
      engineOn(new OnnxExecutor({ threads: 1 }), "host"),
    ];
    await update(one.engine);
    await one.engine.snapshot("reference");
    await update(one.engine);
    await one.engine.saveState(folder, { optimizer: true });
    for (const { engine } of [other, host]) await engine.loadState(folder, { optimizer: true });
    expect(await host.values()).toEqual(await one.values());
    for (const { engine } of [one, other, host]) await update(engine);
    expect(await other.values()).toEqual(await one.values());
    expect(gap(await host.values(), await one.values())).toBeLessThan(2e-6);
    const reference = { temperature: 1, policy: "reference" };
    expect(await other.engine.logprobs(rows(), reference)).toEqual(await one.engine.logprobs(rows(), reference));
    for (const { engine } of [one, other, host]) await engine.close();
    await rm(folder, { recursive: true });
  });

  test("Adafactor after AdamW and AdamW after Muon go on from what there is of moments", async () => {
    const adafactor = { eps: [1e-30, 1e-3] as [number, number], clip_threshold: 1, decay_rate: -0.8, beta1: null, scale_parameter: false };
    const muon = { lr: 0.01, momentum: 0.9, ns_steps: 5, weight_decay: 0 };
    const [host, device] = [engineOn(await open(), "host"), engineOn(await open(), "device")];
    for (const { engine } of [host, device]) {
      for (const options of [ADAMW, { ...ADAMW, adafactor }, ADAMW, { ...ADAMW, muon }, ADAMW]) await update(engine, options);
    }
    // five quintic steps magnify rounding some hundred times
    expect(gap(await device.values(), await host.values())).toBeLessThan(1e-5);
    await Promise.all([host.engine.close(), device.engine.close()]);
  });
});

test("500 steps leave no tensor behind, nor does closing", async () => {
  const executor = await TfjsExecutor.open("wasm");
  const tensors = () => executor.backend.tf.engine().memory().numTensors;
  const before = tensors();
  const { engine } = engineOn(executor, "device", { freeze: ["mlp", "embed_tokens"] }, { hidden: 8, layers: 1 });
  const row = [
    {
      prompt: { tokens: Int32Array.of(1), pixels: null },
      completions: [{ tokens: Int32Array.of(2, 3), fields: { weights: Float32Array.of(1, 1) } }],
    },
  ];
  const step = async () => {
    for (let pass = 0; pass < 2; pass++) await engine.forwardBackward(row, SFT);
    await engine.optimStep(ADAMW);
  };
  await engine.snapshot("reference");
  for (let i = 0; i < 2; i++) await step();
  const flat = tensors();
  expect(flat).toBeGreaterThan(before);
  for (let i = 2; i < 500; i++) {
    await step();
    if (i % 100 === 0) await engine.gradientNorms(row, SFT);
    if (i % 50 === 0) expect(tensors()).toBe(flat);
  }
  expect(tensors()).toBe(flat);
  await engine.close();
  expect(tensors()).toBe(before);
}, 120_000);

test("parameters in several graphs, and passes that have no gradient of some, step as one does and as the host", async () => {
  const executor = new OnnxExecutor({ threads: 1 });
  const sessions = new SessionCache(executor);
  const specs = Object.entries({ a: [3], b: [2, 2], c: [2], d: [1, 2, 2] }).map(([name, shape]) => ({
    name,
    shape,
    init: { kind: "zeros" as const },
  }));
  const start = () => Object.fromEntries(specs.map(({ name, shape }, i) => [name, new Float32Array(sizeOf(shape)).fill(1 + i)]));
  // passes without a gradient of d, of b, of a and c; none has one of d
  const passes = await Promise.all(
    [["a", "b", "c"], ["a", "c"], ["b"]].map((names) => {
      const given = specs.filter(({ name }) => names.includes(name));
      const graph = Object.fromEntries(given.map(({ name, shape }) => [`grad:${name}`, mul(input(name, shape), 0.5)]));
      return executor.create({ ...graph, loss: mul(input("x", [1]), 1) });
    }),
  );
  const states = [1, 4, 1000].map((chunk) => new DeviceState(specs, start(), executor, sessions, chunk));
  const host = start();
  const all = [...states, new HostState(specs, host, executor, sessions)];
  const norms = all.map(() => [] as number[]);
  for (const options of [ADAMW, { ...ADAMW, lr_scale: { b: 0 } }, ADAMW]) {
    for (const [i, state] of all.entries()) {
      for (const pass of passes) {
        const { loss } = await state.pass(pass, { ...(await state.feeds()), x: Float32Array.of(7) });
        expect(loss).toEqual(Float32Array.of(7));
      }
      norms[i]!.push((await state.step(options)).gradNorm);
    }
  }
  const [one, two, whole] = await Promise.all(
    states.map(async (state) => {
      const feeds = (await state.feeds()) as Record<string, DeviceValue>;
      return Object.fromEntries(await Promise.all(Object.entries(feeds).map(async ([name, value]) => [name, await value.read()] as const)));
    }),
  );
  expect(one).toEqual(whole);
  expect(two).toEqual(whole);
  expect(gap(whole!, host)).toBeLessThan(1e-6);
  // d moves by decay alone: 4 * (1 - 0.01 * 0.1) three times
  expect(whole!.d![0]).toBeCloseTo(4 * 0.999 ** 3, 5);
  // the gradient of the first step: 3 of 1, 4 of 2 and 2 of 3
  for (const [first] of norms) expect(first).toBeCloseTo(Math.sqrt(3 * 1 + 4 * 4 + 2 * 9), 5);
  for (const state of all) await state.close();
  await sessions.close();
});

/** Bytes that the passes of `update` feed and give but for parameters and gradients. */
function passBytes(policy: Policy): { toDevice: number; toHost: number } {
  const parameters = new Set(policy.parameters.map(({ name }) => name));
  const bytes = { toDevice: 0, toHost: 0 };
  for (const part of [rows().slice(0, 2), rows().slice(2)]) {
    for (const { shape } of planPasses(part, policy.model)) {
      const graph = lossGraph(policy, shape, losses.get("cross_entropy"), {}, 1);
      for (const tensor of topological(Object.values(graph))) {
        if (tensor.op !== "input" || parameters.has((tensor as Tensor<"input">).attributes.name)) continue;
        bytes.toDevice += 4 * sizeOf(tensor.shape);
      }
      for (const [name, tensor] of Object.entries(graph)) if (!name.startsWith("grad:")) bytes.toHost += 4 * sizeOf(tensor.shape);
    }
  }
  return bytes;
}

test("a step on a device copies its batch and a few numbers, the weights once", async () => {
  const executor = await TfjsExecutor.open("wasm");
  const { engine, policy } = engineOn(executor, undefined);
  const step = async (options: OptimizerStep) => {
    const from = { ...executor.traffic };
    await update(engine, options);
    return { toDevice: executor.traffic.toDevice - from.toDevice, toHost: executor.traffic.toHost - from.toHost };
  };
  const sizes = policy.trained.map(({ name, shape }) => ({ bytes: 4 * sizeOf(shape), still: name.includes("layers.1.mlp") }));
  const weights = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const moving = sizes.filter(({ still }) => !still);
  const moments = 2 * moving.reduce((sum, { bytes }) => sum + bytes, 0);
  const batch = passBytes(policy);
  // AdamW's 7 numbers, and two for each parameter that moves
  const numbers = 4 * (7 + 2 * moving.length);
  expect(batch.toDevice).toBeLessThan(weights / 10);
  // the norm is what comes back
  const usual = { toDevice: batch.toDevice + numbers, toHost: batch.toHost + 4 };
  expect(await step(ADAMW)).toEqual({ ...usual, toDevice: usual.toDevice + weights + moments });
  for (let i = 0; i < 2; i++) expect(await step(ADAMW)).toEqual(usual);
  // on the host: gradients come, and in the first of its steps weights and moments; weights go, once a step
  const adafactor = { eps: [1e-30, 1e-3] as [number, number], clip_threshold: 1, decay_rate: -0.8, beta1: null, scale_parameter: false };
  const fetched = { toDevice: batch.toDevice, toHost: batch.toHost + 4 + weights };
  expect(await step({ ...ADAMW, adafactor })).toEqual({ ...fetched, toHost: fetched.toHost + weights + moments });
  for (let i = 0; i < 2; i++) expect(await step({ ...ADAMW, adafactor })).toEqual({ ...fetched, toDevice: fetched.toDevice + weights });
  expect((await engine.info()).traffic).toEqual(executor.traffic);
  await engine.close();
});

test("memory that runs out in a pass leaves what there is to be saved; a device that is gone says so by name", async () => {
  const executor = await TfjsExecutor.open("wasm");
  const { engine, values } = engineOn(executor, "device");
  await update(engine);
  const before = await values();
  const tf = executor.backend.tf.engine();
  const { runKernel } = tf;
  let calls = 0;
  tf.runKernel = (...args) => {
    if (++calls > 40) throw new Error("Aborted(OOM)");
    return runKernel.apply(tf, args);
  };
  const folder = await mkdtemp(join(tmpdir(), "vlrl-state-"));
  try {
    await expect(update(engine)).rejects.toMatchObject({ name: "DeviceError", failure: "memory" });
  } finally {
    tf.runKernel = runKernel;
  }
  expect(await values()).toEqual(before);
  await update(engine);
  const { activate, lost } = executor.backend;
  Object.assign(executor.backend, { activate: () => Promise.reject(new Error("gone")), lost: () => "the device was lost" });
  try {
    await expect(engine.saveState(folder, { optimizer: true })).rejects.toMatchObject({ name: "DeviceError", failure: "lost" });
  } finally {
    Object.assign(executor.backend, { activate, lost });
  }
  await engine.close();
  await rm(folder, { recursive: true });
});
