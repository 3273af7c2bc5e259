import { describe, expect, test } from "vitest";
import { checkStaying } from "../tests/devices/staying.ts";
import type { DeviceValue, Executor } from "./executor.ts";
import { add, input, mul, reduceSum } from "./graph/build.ts";
import { OnnxExecutor } from "./onnx/executor.ts";
import { ReferenceExecutor } from "./reference/executor.ts";
import { TfjsExecutor } from "./tfjs/executor.ts";

const EXECUTORS: [string, () => Promise<Executor>][] = [
  ["reference", async () => new ReferenceExecutor()],
  ["onnx-cpu", async () => new OnnxExecutor({ threads: 1 })],
  ["tfjs-cpu", () => TfjsExecutor.open("cpu")],
  ["tfjs-wasm", () => TfjsExecutor.open("wasm")],
];

describe.each(EXECUTORS)("on %s", (name, open) => {
  test("values stay, are fed again and read, and what is copied is counted", async () => {
    const executor = await open();
    expect(executor.name).toBe(name);
    expect(executor.holds).toBe(true);
    expect(executor.remote).toBe(name === "tfjs-wasm");
    await checkStaying(executor);
    await executor.close();
  });

  test("a value is not changed by whoever has the array that it came from, or was read to", async () => {
    const executor = await open();
    const x = input("x", [2]);
    const session = await executor.create({ y: add(x, 1), same: x });
    const given = Float32Array.of(1, 2);
    const value = await executor.upload(given, [2]);
    given.fill(9);
    (await value.read()).fill(9);
    const first = await session.runOn({ x: value }, new Set(["y", "same"]));
    (await first.staying.y!.read()).fill(9);
    // an output that is an input is a value of its own
    const copied = await session.run({ x: value });
    copied.same.fill(9);
    value.dispose();
    expect(await first.staying.same!.read()).toEqual(Float32Array.of(1, 2));
    expect(await first.staying.y!.read()).toEqual(Float32Array.of(2, 3));
    await session.release();
  });

  test("what does not fit is refused: a value of another device, of another shape, or disposed of", async () => {
    const executor = await open();
    const session = await executor.create({ y: mul(input("x", [2]), 2) });
    const foreign = { shape: [2], read: async () => new Float32Array(2), dispose: () => {} };
    await expect(session.run({ x: foreign })).rejects.toThrow('"x" is fed with a value of another device');
    const long = await executor.upload(new Float32Array(3), [3]);
    await expect(session.run({ x: long })).rejects.toThrow(/"x" (is \[2\] and fed with \[3\]|has 3 values, shape \[2\] needs 2)/);
    long.dispose();
    long.dispose();
    const gone = await executor.upload(new Float32Array(2), [2]);
    gone.dispose();
    await expect(session.run({ x: gone })).rejects.toThrow("disposed of");
    await expect(gone.read()).rejects.toThrow("disposed of");
    await session.release();
  });
});

test.each(["cpu", "wasm"] as const)("500 runs on %s whose values stay leave no tensor behind", async (device) => {
  const executor = await TfjsExecutor.open(device);
  const memory = () => executor.backend.tf.engine().memory().numTensors;
  const x = input("x", [4]);
  const session = await executor.create({ next: add(x, 1), sum: reduceSum(x, [0], true) });
  const start = memory();
  let value: DeviceValue = await executor.upload(new Float32Array(4), [4]);
  for (let i = 0; i < 500; i++) {
    const { values, staying } = await session.runOn({ x: value }, new Set(["next"]));
    expect(values.sum).toEqual(Float32Array.of(4 * i));
    value.dispose();
    value = staying.next!;
    // the constants of the graph, and the value
    if (i > 0) expect(memory()).toBe(start + 2);
  }
  value.dispose();
  await session.release();
  expect(memory()).toBe(start);
});
