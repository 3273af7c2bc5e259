import type { Feed } from "../executor.ts";
import type { TfTensor } from "./library.ts";

/** Copies on the device of arrays that are fed again and again. */
export class KeptFeeds {
  private readonly tensors = new Map<Feed, Map<string, TfTensor>>();

  /** From now on held as they are now; what was held of them is given back. */
  keep(arrays: Iterable<Feed>): void {
    for (const array of arrays) {
      this.giveBack(array);
      this.tensors.set(array, new Map());
    }
  }

  forget(arrays: Iterable<Feed>): void {
    for (const array of arrays) {
      this.giveBack(array);
      this.tensors.delete(array);
    }
  }

  /** What the device holds of an array, made when first asked for; null for one that nobody said would stay as it is. */
  get(array: Feed, shape: readonly number[], make: () => TfTensor): TfTensor | null {
    const held = this.tensors.get(array);
    if (held === undefined) return null;
    const key = shape.join();
    const tensor = held.get(key) ?? make();
    held.set(key, tensor);
    return tensor;
  }

  clear(): void {
    this.forget([...this.tensors.keys()]);
  }

  private giveBack(array: Feed): void {
    for (const tensor of this.tensors.get(array)?.values() ?? []) tensor.dispose();
  }
}
