import { expect, test } from "vitest";
import { exp, input, matmul } from "../graph/build.ts";
import { onProcessor, processorNodes } from "./placement.ts";

test("a profile's nodes on the processor, not those of the device, the copies between them and what is no node", () => {
  const node = (name: string, op_name: string, provider: string) => ({ cat: "Node", name, dur: 5, args: { op_name, provider } });
  const profile = [
    { cat: "Session", name: "session_initialization", dur: 9, args: {} },
    node("Memcpy_kernel_time", "MemcpyFromHost", "WebGpuExecutionProvider"),
    node("Exp_1_kernel_time", "Exp", "WebGpuExecutionProvider"),
    node("LogSoftmax_2_kernel_time", "LogSoftmax", "CPUExecutionProvider"),
    // what older versions write beside it of the same node
    node("LogSoftmax_2_fence_before", "LogSoftmax", "CPUExecutionProvider"),
  ];
  expect(processorNodes(JSON.stringify(profile))).toEqual(["LogSoftmax"]);
});

test("what ONNX Runtime itself writes, of every session and every run", async () => {
  const x = new Float32Array(4);
  const counts = await onProcessor("cpu", 1, async (executor) => {
    const first = await executor.create({ y: exp(input("x", [2, 2])) });
    await first.run({ x });
    await first.run({ x });
    await first.release();
    const square = input("x", [2, 2]);
    const second = await executor.create({ y: exp(matmul(square, square)) });
    await second.run({ x });
    await second.release();
  });
  expect(counts).toEqual({ Exp: 3, MatMul: 1 });
});
