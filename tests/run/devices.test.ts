import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Finding } from "../../cli/actions/doctor.ts";
import type { RunEvent } from "../../trainers/events.ts";
import { Program, TINY } from "./program.ts";
import { metricsOf } from "./result.ts";

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-devices-"));
}, 120_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

const SHORT = ["stages.0.steps=3", "stages.0.eval_every=0", "stages.1.steps=1", "evaluation.initial=false"];
const args = (runDir: string, executor: string, device: string, ...more: string[]) => {
  const set = [...SHORT, `model.executor=${executor}`, `model.device=${device}`].flatMap((assignment) => ["--set", assignment]);
  return ["train", TINY, ...set, "--run-dir", runDir, "--json", ...more];
};

test("a recipe runs on TensorFlow.js's wasm as on ONNX Runtime, says so, and may be resumed on the other", async () => {
  const [wasm, onnx] = [join(folder, "wasm"), join(folder, "onnx")];
  const { code, err, events } = await program.run(args(wasm, "tfjs", "wasm"));
  expect(err).toBe("");
  expect(code).toBe(0);
  expect((events.find(({ type }) => type === "run") as Extract<RunEvent, { type: "run" }>).device).toBe("tfjs-wasm");
  expect((await program.run(args(onnx, "onnx", "cpu"))).code).toBe(0);
  const [actual, expected] = [await metricsOf(wasm), await metricsOf(onnx)];
  expect(actual.length).toBe(expected.length);
  const losses = (rows: typeof actual) => rows.filter(({ stage }) => stage === "warm").map(({ loss }) => loss as number);
  expect(losses(actual)).toHaveLength(3);
  // float32 on both, three updates on
  losses(actual).forEach((loss, i) => {
    expect(Math.abs(loss - losses(expected)[i]!)).toBeLessThan(1e-4);
  });
  const checkpoint = join(onnx, "checkpoints", "warm-step-000003");
  const resumed = await program.run(args(onnx, "tfjs", "wasm", "--resume", checkpoint));
  expect(resumed.err).toBe("");
  expect(resumed.events).toContainEqual(expect.objectContaining({ type: "run", device: "tfjs-wasm" }));
  expect(resumed.code).toBe(0);
}, 240_000);

test.each([
  ["onnx", "wasm", /model\.device: onnx has no device wasm\n {2}Expected cpu, webgpu, cuda, auto\./],
  ["auto", "cpu", /model\.device: auto has no device cpu\n {2}Expected auto\./],
  ["tfjs", "cuda", /model\.device: tfjs has no device cuda\n {2}Expected cpu, wasm, webgpu, node, gpu, auto\./],
])("%s on %s is refused with the recipe", async (executor, device, message) => {
  const { code, err } = await program.run(args(join(folder, "refused"), executor, device));
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test("auto is decided once a run: its folder says what it was chosen from, and it is kept until another device is named", async () => {
  const runDir = join(folder, "auto");
  const deviceOf = (events: readonly RunEvent[]) => events.find((event) => event.type === "run")!.device;
  const record = async () => JSON.parse(await readFile(join(runDir, "device.json"), "utf8"));
  const first = await program.run(args(runDir, "auto", "auto"), { preload: [HIDDEN] });
  // providers that are absent complain on stderr
  expect(first.code).toBe(0);
  // of those that are there everywhere
  expect(await record()).toEqual({
    executor: "onnx",
    device: "cpu",
    chosen_by: "auto",
    gflops: expect.objectContaining({ "onnx-cpu": expect.any(Number) }),
  });
  expect(deviceOf(first.events)).toMatch(/^onnx-cpu \(the fastest of those that are there, in GFLOP\/s: onnx-cpu [\d.]+\)$/);
  // one that auto would not choose, as it is the slowest
  await writeFile(join(runDir, "device.json"), JSON.stringify({ ...(await record()), executor: "tfjs", device: "wasm" }));
  const resumed = await program.run(args(runDir, "auto", "auto", "--resume", join(runDir, "checkpoints", "rl-step-000001")));
  expect(deviceOf(resumed.events)).toBe("tfjs-wasm, as auto chose before");
  const named = await program.run(args(runDir, "onnx", "cpu", "--resume", join(runDir, "checkpoints", "rl-step-000001")));
  expect(deviceOf(named.events)).toBe("onnx-cpu");
  expect(await record()).toEqual({ executor: "onnx", device: "cpu", chosen_by: "recipe", gflops: null });
}, 240_000);

/** A module that Node loads first, and that hides TensorFlow.js and Dawn: a machine on which nothing optional was installed. */
const HIDDEN = (() => {
  const hooks = `export async function resolve(name, context, next) {
    if (!/^(@tensorflow\\/|webgpu$)/.test(name)) return next(name, context);
    throw Object.assign(new Error("Cannot find package '" + name + "'"), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
  const url = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  return url(`import { register } from "node:module"; register(${JSON.stringify(url(hooks))});`);
})();

test("without any of the optional packages everything else works, and each device says how it is had", async () => {
  const { code, out } = await program.run(["doctor", "--json", "--device", "tfjs"], { preload: [HIDDEN] });
  expect(code).toBe(0);
  const found = (JSON.parse(out) as Finding[]).filter(({ name }) => name.startsWith("tfjs-"));
  expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual(
    ["cpu", "wasm", "webgpu", "node", "gpu"].map((device) => `tfjs-${device} optional`),
  );
  for (const { detail, cure } of found) {
    expect(detail).toMatch(/^Cannot find package '(@tensorflow|webgpu)/);
    expect(cure).toMatch(/^To have it: npm (install|run native:tfjs)/);
  }
  expect((await program.run(["doctor", "--json", "--device", "onnx-cpu"], { preload: [HIDDEN] })).out).toContain('"measured"');
});
