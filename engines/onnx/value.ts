import type { Tensor as OrtTensor } from "onnxruntime-node";
import type { Feed } from "../executor.ts";
import { HeldTensor } from "../held-tensor.ts";
import { toFloat32 } from "../host-value.ts";
import type { Transfer } from "./transfer.ts";

/** A tensor of ONNX Runtime that stays on its device. */
export class OnnxValue extends HeldTensor<OrtTensor> {
  constructor(
    private readonly transfer: Transfer,
    tensor: OrtTensor,
    shape: readonly number[],
  ) {
    super(tensor, shape);
  }

  /** What is fed for an input of that shape. The runtime ends the process where it is given a tensor that was disposed of. */
  static tensorOf(name: string, feed: Feed, shape: readonly number[]): OrtTensor {
    return HeldTensor.of(OnnxValue, name, feed, shape);
  }

  async read(): Promise<Float32Array> {
    const { data, type } = await this.transfer.toHost(this.tensor());
    if (type === "float32") return data as Float32Array;
    if (type === "float16") return toFloat32(data as Uint16Array);
    return Float32Array.from(data as BigInt64Array, Number);
  }
}
