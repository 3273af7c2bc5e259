import onnxProto from "onnx-proto";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Traffic } from "../executor.ts";
import { onnxFailure } from "./failure.ts";
import { type OnnxDevice, runtime } from "./runtime.ts";

const { onnx } = onnxProto;

type Memory = "cpu" | "gpu-buffer";
type OrtType = "float32" | "float16" | "int64";

/** ONNX's number of a type, and how many bytes one is of. */
const TYPES: Record<OrtType, { element: number; bytes: number }> = {
  float32: { element: onnx.TensorProto.DataType.FLOAT, bytes: 4 },
  float16: { element: onnx.TensorProto.DataType.FLOAT16, bytes: 2 },
  int64: { element: onnx.TensorProto.DataType.INT64, bytes: 8 },
};

export function bytesOf({ type, size }: Pick<OrtTensor, "type" | "size">): number {
  return size * TYPES[type as OrtType].bytes;
}

/**
 * Copies to a provider's device and back. ONNX Runtime's binding has no call for either, and ends the process where a tensor of a device is
 * asked for its data: a graph that passes its input through does it, whose result is bound to the one memory or the other.
 */
export class Transfer {
  private readonly sessions = new Map<string, Promise<InferenceSession>>();

  constructor(
    private readonly device: OnnxDevice,
    private readonly traffic: Traffic,
  ) {}

  async toDevice(tensor: OrtTensor): Promise<OrtTensor> {
    this.traffic.toDevice += bytesOf(tensor);
    return this.copy(tensor, "gpu-buffer");
  }

  async toHost(tensor: OrtTensor): Promise<OrtTensor> {
    this.traffic.toHost += bytesOf(tensor);
    return this.copy(tensor, "cpu");
  }

  /** Of any shape. */
  private async copy(tensor: OrtTensor, to: Memory): Promise<OrtTensor> {
    try {
      const session = await this.session(tensor.type as OrtType, to);
      return (await session.run({ x: tensor })).y as OrtTensor;
    } catch (error) {
      throw onnxFailure(this.device, error);
    }
  }

  private session(type: OrtType, to: Memory): Promise<InferenceSession> {
    const key = `${type} ${to}`;
    const known = this.sessions.get(key) ?? this.create(type, to);
    this.sessions.set(key, known);
    return known;
  }

  private async create(type: OrtType, to: Memory): Promise<InferenceSession> {
    const { InferenceSession } = await runtime();
    const value = (name: string) => ({ name, type: { tensorType: { elemType: TYPES[type].element } } });
    const model = onnx.ModelProto.encode({
      irVersion: 9,
      opsetImport: [{ domain: "", version: 20 }],
      graph: { name: "transfer", node: [{ opType: "Identity", input: ["x"], output: ["y"] }], input: [value("x")], output: [value("y")] },
    });
    const options = { executionProviders: [this.device], preferredOutputLocation: to, intraOpNumThreads: 1, logSeverityLevel: 3 as const };
    return InferenceSession.create(model.finish(), options);
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release();
    this.sessions.clear();
  }
}
