import { expect, test } from "vitest";
import { DeviceError } from "../executor.ts";
import { add, constant, gatherRows, input, linear, rmsNorm, softmax, sum, tokenLogprob } from "../graph/build.ts";
import { differentiate } from "../graph/differentiate.ts";
import { KeptFeeds } from "../kept.ts";
import { loadBackend } from "./backends.ts";
import { TfjsExecutor } from "./executor.ts";
import { tfjsFailure } from "./failure.ts";
import { compile } from "./plan.ts";
import { TfjsSession } from "./session.ts";

const WIDTH = 8;

/** A small model's loss and its gradients: norms, a table, products, a softmax. */
function graph() {
  const [table, weight, norm] = [input("table", [12, WIDTH]), input("weight", [12, WIDTH]), input("norm", [WIDTH])];
  const ids = input("ids", [5], "int");
  const logits = linear(rmsNorm(gatherRows(table, ids), norm, 1e-5), weight);
  const loss = add(sum(tokenLogprob(logits, ids)), sum(softmax(logits)));
  return { loss, ...Object.fromEntries(differentiate(loss, [table, weight, norm]).map((g, i) => [`g${i}`, g])) };
}

const feeds = () => ({
  table: Float32Array.from({ length: 12 * WIDTH }, (_, i) => Math.sin(i)),
  weight: Float32Array.from({ length: 12 * WIDTH }, (_, i) => Math.cos(i)),
  norm: new Float32Array(WIDTH).fill(1),
  ids: Int32Array.of(1, 3, 3, 0, 11),
});

test.each(["cpu", "wasm"] as const)("500 runs on %s leave no tensor behind, with weights kept and changed", async (device) => {
  const executor = await TfjsExecutor.open(device);
  const memory = () => executor.backend.tf.engine().memory();
  const start = memory().numTensors;
  const given = feeds();
  executor.keep([given.table, given.weight, given.norm]);
  const session = await executor.create(graph());
  const first = await session.run(given);
  const { numTensors, numBytes } = memory();
  expect(numTensors).toBeGreaterThan(start);
  for (let run = 0; run < 500; run++) {
    if (run % 10 === 0) executor.keep([given.weight]);
    expect((await session.run(given)).loss).toEqual(first.loss);
  }
  expect(memory()).toMatchObject({ numTensors, numBytes });
  await session.release();
  await executor.close();
  expect(memory().numTensors).toBe(start);
});

test("a kept array is read again once it is said to have changed, and any other each time", async () => {
  const executor = await TfjsExecutor.open("wasm");
  const session = await executor.create({ y: add(input("x", [1]), input("z", [1])) });
  const [x, z] = [Float32Array.of(1), Float32Array.of(10)];
  executor.keep([x]);
  const y = async () => (await session.run({ x, z })).y[0];
  expect(await y()).toBe(11);
  [x[0], z[0]] = [2, 20];
  expect(await y()).toBe(21);
  executor.keep([x]);
  expect(await y()).toBe(22);
  x[0] = 3;
  executor.forget([x]);
  expect(await y()).toBe(23);
  await session.release();
});

test("results are arrays of their own, whatever the backend hands out", async () => {
  const executor = await TfjsExecutor.open("cpu");
  const x = input("x", [2]);
  const session = await executor.create({ a: x, b: x, c: constant([7, 8], [2]) });
  const fed = Float32Array.of(1, 2);
  const first = await session.run({ x: fed });
  for (const array of Object.values(first)) array.fill(0);
  expect(fed).toEqual(Float32Array.of(1, 2));
  expect(await session.run({ x: fed })).toEqual({ a: Float32Array.of(1, 2), b: Float32Array.of(1, 2), c: Float32Array.of(7, 8) });
  await session.release();
});

test("a run that fails in the middle leaves no tensor behind, and the next one is right", async () => {
  const executor = await TfjsExecutor.open("wasm");
  const { tf } = executor.backend;
  const session = await executor.create(graph());
  const before = await session.run(feeds());
  const engine = tf.engine();
  const { numTensors } = engine.memory();
  const { runKernel } = engine;
  let calls = 0;
  engine.runKernel = (...args) => {
    if (++calls === 9) throw new Error("Aborted(OOM)");
    return runKernel.apply(engine, args);
  };
  try {
    await expect(session.run(feeds())).rejects.toMatchObject({ name: "DeviceError", failure: "memory", device: "tfjs-wasm" });
  } finally {
    engine.runKernel = runKernel;
  }
  expect(engine.memory().numTensors).toBe(numTensors);
  expect(await session.run(feeds())).toEqual(before);
  await session.release();
});

test("where giving memory back fails too, the first error is the one that is told", async () => {
  const executor = await TfjsExecutor.open("wasm");
  const { tf } = executor.backend;
  const session = await executor.create(graph());
  const engine = tf.engine();
  const { runKernel, makeTensor } = engine;
  engine.runKernel = () => {
    throw new Error("Aborted().");
  };
  engine.makeTensor = (...args) =>
    Object.assign(makeTensor.apply(engine, args), {
      dispose() {
        throw new Error("memory access out of bounds");
      },
    });
  try {
    await expect(session.run(feeds())).rejects.toThrow("tfjs-wasm: Aborted().");
  } finally {
    Object.assign(engine, { runKernel, makeTensor });
  }
});

test("a kernel that the backend lacks is refused by name before anything runs", async () => {
  const backend = await loadBackend("wasm");
  const plan = compile({ y: add(input("x", [1]), 1) }, backend.traits);
  const odd = { ...plan, steps: plan.steps.map((step) => ({ ...step, kernel: "Einsum" })) };
  expect(() => new TfjsSession(backend, odd, new KeptFeeds(), null)).toThrow(/tfjs-wasm: the backend has no Einsum/);
});

test("a device that went away is told from an operation that fails", async () => {
  const backend = await loadBackend("wasm");
  const plan = compile({ y: add(input("x", [1]), 1) }, backend.traits);
  const gone = {
    ...backend,
    activate: () => Promise.reject(new Error("mapping failed")),
    lost: () => "the device was lost (unknown): removed",
  };
  const session = new TfjsSession(gone, plan, new KeptFeeds(), null);
  await expect(session.run({ x: Float32Array.of(1) })).rejects.toMatchObject({ name: "DeviceError", failure: "lost" });
});

test.each([
  ["Cannot enlarge memory arrays", "memory"],
  ["Aborted(). Build with -sASSERTIONS for more info.", "memory"],
  ["OOM when allocating tensor with shape[4096,4096]", "memory"],
  ["Kernel 'Einsum' not registered for backend 'wasm'", "unsupported"],
  ["A valid external Instance reference no longer exists. Device was lost", "lost"],
])("%j has the name %s", (message, failure) => {
  expect(tfjsFailure("wasm", new Error(message))).toMatchObject({ name: "DeviceError", failure, device: "tfjs-wasm" });
  expect(tfjsFailure("wasm", new Error(message))).toBeInstanceOf(DeviceError);
});

test("any other error stays what it is", () => {
  const error = new Error("no feed for the input");
  expect(tfjsFailure("wasm", error)).toBe(error);
});
