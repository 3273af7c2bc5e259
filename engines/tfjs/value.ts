import type { DeviceValue, Feed, Traffic } from "../executor.ts";
import type { Backend } from "./backends.ts";
import { failureOn } from "./failure.ts";
import type { TfTensor } from "./library.ts";

/** A tensor of TensorFlow.js that stays on its device. */
export class TfjsValue implements DeviceValue {
  private tensor: TfTensor | null;

  /** The tensor is the value's own from now on. */
  constructor(
    private readonly backend: Backend,
    tensor: TfTensor,
    readonly shape: readonly number[],
    private readonly traffic: Traffic | null,
  ) {
    this.tensor = tensor;
  }

  /** What is fed for an input of that shape. */
  static tensorOf(name: string, feed: Feed, shape: readonly number[]): TfTensor {
    if (!(feed instanceof TfjsValue)) throw new Error(`"${name}" is fed with a value of another device`);
    if (feed.tensor === null) throw new Error(`"${name}" is fed with a value that was disposed of`);
    if (feed.shape.join() !== shape.join()) throw new Error(`"${name}" is [${shape}] and fed with [${feed.shape}]`);
    return feed.tensor;
  }

  async read(): Promise<Float32Array> {
    if (this.tensor === null) throw new Error("a value is read that was disposed of");
    try {
      await this.backend.activate();
      const data = await this.tensor.data();
      if (this.traffic !== null) this.traffic.toHost += data.byteLength;
      return Float32Array.from(data);
    } catch (error) {
      throw failureOn(this.backend, error);
    }
  }

  dispose(): void {
    this.tensor?.dispose();
    this.tensor = null;
  }
}
