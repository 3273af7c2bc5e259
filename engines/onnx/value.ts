import type { Tensor as OrtTensor } from "onnxruntime-node";
import type { DeviceValue, Feed } from "../executor.ts";
import { toFloat32 } from "../host-value.ts";
import type { Transfer } from "./transfer.ts";

/** A tensor of ONNX Runtime that stays on its device. */
export class OnnxValue implements DeviceValue {
  private tensor: OrtTensor | null;

  /** The tensor is the value's own from now on. */
  constructor(
    private readonly transfer: Transfer,
    tensor: OrtTensor,
    readonly shape: readonly number[],
  ) {
    this.tensor = tensor;
  }

  /** What is fed for an input of that shape. The runtime ends the process where it is given a tensor that was disposed of. */
  static tensorOf(name: string, feed: Feed, shape: readonly number[]): OrtTensor {
    if (!(feed instanceof OnnxValue)) throw new Error(`"${name}" is fed with a value of another device`);
    if (feed.tensor === null) throw new Error(`"${name}" is fed with a value that was disposed of`);
    if (feed.shape.join() !== shape.join()) throw new Error(`"${name}" is [${shape}] and fed with [${feed.shape}]`);
    return feed.tensor;
  }

  async read(): Promise<Float32Array> {
    if (this.tensor === null) throw new Error("a value is read that was disposed of");
    const { data, type } = await this.transfer.toHost(this.tensor);
    if (type === "float32") return data as Float32Array;
    if (type === "float16") return toFloat32(data as Uint16Array);
    return Float32Array.from(data as BigInt64Array, Number);
  }

  dispose(): void {
    this.tensor?.dispose();
    this.tensor = null;
  }
}
