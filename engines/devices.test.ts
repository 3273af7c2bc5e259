import { expect, test } from "vitest";
import { openExecutor, workingDevices } from "./devices.ts";
import type { Executor } from "./executor.ts";
import { OnnxExecutor } from "./onnx/executor.ts";
import { SELF_TEST_TOLERANCE, selfTest } from "./self-test.ts";

const ON = { threads: 1, lean: false } as const;

test.each([
  ["onnx", "cpu"],
  ["tfjs", "cpu"],
  ["tfjs", "wasm"],
] as const)("%s on %s passes its self-test", async (name, device) => {
  const executor = await openExecutor({ executor: name, device, ...ON });
  expect(executor.name).toBe(`${name}-${device}`);
  const { difference } = await selfTest(executor);
  // float32 is never exact here
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(SELF_TEST_TOLERANCE / 10);
});

test("a device that computes one gradient wrongly fails it by name", async () => {
  const right = new OnnxExecutor({ threads: 1 });
  const wrong: Executor = {
    name: "onnx-broken",
    remote: false,
    holds: true,
    traffic: { toDevice: 0, toHost: 0 },
    upload: (data, shape) => right.upload(data, shape),
    async create(outputs) {
      const session = await right.create(outputs);
      const run: typeof session.run = async (feeds) => {
        const results = (await session.run(feeds)) as Record<string, Float32Array>;
        results.g3![0]! += 0.01;
        return results as Awaited<ReturnType<typeof session.run>>;
      };
      return { inputNames: session.inputNames, run, runOn: session.runOn.bind(session), release: () => session.release() };
    },
    keep: () => {},
    forget: () => {},
    close: async () => {},
  };
  await expect(selfTest(wrong)).rejects.toMatchObject({ name: "DeviceError", failure: "wrong", device: "onnx-broken" });
});

test("auto takes the fastest of the devices that are there, and says of which", async () => {
  const working = await workingDevices({ executor: "tfjs", ...ON });
  const names = working.map(({ executor }) => executor.name);
  expect(names).toContain("tfjs-wasm");
  expect(names).toContain("tfjs-cpu");
  // SIMD against plain JavaScript: tenfold and more
  expect(names.indexOf("tfjs-wasm")).toBeLessThan(names.indexOf("tfjs-cpu"));
  const chosen = await openExecutor({ executor: "tfjs", device: "auto", ...ON });
  expect(chosen.name).toBe(names[0]);
  expect(chosen.detail).toMatch(/the fastest of those that are there, in GFLOP\/s: tfjs-\w+ [\d.e+]+, /);
});

test("a device that is not there is an error with the cure, and no other takes its place", async () => {
  const error = await openExecutor({ executor: "tfjs", device: "gpu", ...ON }).catch((e: unknown) => e);
  expect(error).toMatchObject({ name: "DeviceError", failure: "absent", device: "tfjs-gpu" });
  expect((error as Error).message).toMatch(/^recipe: model\.device: tfjs-gpu: .*\n {2}To have (it|one): npm run native:tfjs/);
});
