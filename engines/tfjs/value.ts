import type { Feed, Traffic } from "../executor.ts";
import { HeldTensor } from "../held-tensor.ts";
import type { Backend } from "./backends.ts";
import { failureOn } from "./failure.ts";
import type { TfTensor } from "./library.ts";

/** A tensor of TensorFlow.js that stays on its device. */
export class TfjsValue extends HeldTensor<TfTensor> {
  constructor(
    private readonly backend: Backend,
    tensor: TfTensor,
    shape: readonly number[],
    private readonly traffic: Traffic | null,
  ) {
    super(tensor, shape);
  }

  /** What is fed for an input of that shape. */
  static tensorOf(name: string, feed: Feed, shape: readonly number[]): TfTensor {
    return HeldTensor.of(TfjsValue, name, feed, shape);
  }

  async read(): Promise<Float32Array> {
    const tensor = this.tensor();
    try {
      await this.backend.activate();
      const data = await tensor.data();
      if (this.traffic !== null) this.traffic.toHost += data.byteLength;
      return Float32Array.from(data);
    } catch (error) {
      throw failureOn(this.backend, error);
    }
  }
}
