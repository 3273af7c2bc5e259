import { expect, test } from "vitest";
import { DeviceError } from "../executor.ts";
import { add, input } from "../graph/build.ts";
import { onnxFailure } from "./failure.ts";
import { OnnxSession } from "./session.ts";

// as ONNX Runtime 1.30 says them
test.each([
  ["OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library", "absent"],
  ["webgpu_context.cc:136 was false. Failed to get a WebGPU adapter: No supported adapters\n", "absent"],
  ["bfc_arena.cc:376 BFCArena::AllocateRawInternal Available memory is smaller than requested bytes", "memory"],
  ["CUDA failure 2: out of memory ; GPU=0", "memory"],
  ["Program Cast requires f16 but the device does not support it.", "unsupported"],
  ["Could not find an implementation for Gelu(20) node with name ''", "unsupported"],
])("%j has the name %s", (message, failure) => {
  const error = onnxFailure("cuda", new Error(message));
  expect(error).toBeInstanceOf(DeviceError);
  expect(error).toMatchObject({ name: "DeviceError", failure, device: "onnx-cuda" });
});

test("any other error stays what it is", () => {
  const error = new Error("Invalid Feed Input Name");
  expect(onnxFailure("cpu", error)).toBe(error);
});

test("a provider that is not there is an error with its cure, not the processor in its place", async () => {
  // a machine that has CUDA and its provider would be right to make it
  const made = OnnxSession.create({ y: add(input("x", [1]), 1) }, { threads: 1, device: "cuda" });
  await made.then(
    (session) => session.release(),
    (error: Error) => {
      expect(error).toMatchObject({ name: "DeviceError", failure: "absent" });
      expect(error.message).toMatch(/onnx-cuda: .*\n {2}To have it: CUDA 12/);
    },
  );
});
