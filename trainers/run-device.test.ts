import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EngineInfo } from "../engines/engine.ts";
import { keptDevice, recordDevice } from "./run-device.ts";

const INFO: EngineInfo = { model_type: "m", parameters: 1, trained: 1, adapters: 0, executor: "tfjs-wasm (SIMD)", slots: 1 };
const CHOSEN = { ...INFO, device: "tfjs-wasm", rates: { "tfjs-wasm": 20, "tfjs-cpu": 0.4 } };
let folder: string;
const file = () => join(folder, "device.json");
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-run-device-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("what auto chose is written down with what it chose from, and kept", async () => {
  await recordDevice(folder, CHOSEN);
  expect(JSON.parse(await readFile(file(), "utf8"))).toEqual({
    executor: "tfjs",
    device: "wasm",
    chosen_by: "auto",
    gflops: { "tfjs-wasm": 20, "tfjs-cpu": 0.4 },
  });
  const kept = { executor: "tfjs", device: "wasm" };
  expect(await keptDevice({ executor: "auto", device: "auto" }, folder)).toEqual(kept);
  expect(await keptDevice({ executor: "tfjs", device: "auto" }, folder)).toEqual(kept);
});

test("what the recipe names goes before what is kept: a device, or another library", async () => {
  await recordDevice(folder, CHOSEN);
  expect(await keptDevice({ executor: "onnx", device: "cpu" }, folder)).toBeNull();
  expect(await keptDevice({ executor: "tfjs", device: "cpu" }, folder)).toBeNull();
  expect(await keptDevice({ executor: "onnx", device: "auto" }, folder)).toBeNull();
});

test("a named device is written down as such, and auto goes on from it", async () => {
  await recordDevice(folder, { ...INFO, device: "onnx-cpu" });
  expect(JSON.parse(await readFile(file(), "utf8"))).toEqual({ executor: "onnx", device: "cpu", chosen_by: "recipe", gflops: null });
  expect(await keptDevice({ executor: "auto", device: "auto" }, folder)).toEqual({ executor: "onnx", device: "cpu" });
});

test("a folder that says nothing keeps nothing; an engine without devices writes nothing", async () => {
  await recordDevice(folder, INFO);
  expect(await keptDevice({ executor: "auto", device: "auto" }, folder)).toBeNull();
});

test.each(["", "null", '{"executor": "onnx", "device": "wasm", "chosen_by": "auto", "gflops": null}'])(
  "a file that no run wrote is refused: %j",
  async (text) => {
    await writeFile(file(), text);
    await expect(keptDevice({ executor: "auto", device: "auto" }, folder)).rejects.toThrow(
      /device\.json: this is not what a run writes\n {2}Remove it/,
    );
  },
);
