import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  ["tfjs", "cuda", /model\.device: tfjs has no device cuda\n {2}Expected cpu, wasm, webgpu, node, gpu, auto\./],
])("%s on %s is refused with the recipe", async (executor, device, message) => {
  const { code, err } = await program.run(args(join(folder, "refused"), executor, device));
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
