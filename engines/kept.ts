import type { HostFeed } from "./executor.ts";

/** Copies on the device of arrays that are fed again and again. */
export class KeptFeeds<Copy extends { dispose(): void }> {
  private readonly copies = new Map<HostFeed, Map<string, Copy>>();

  /** From now on held as they are now; what was held of them is given back. */
  keep(arrays: Iterable<HostFeed>): void {
    for (const array of arrays) {
      this.giveBack(array);
      this.copies.set(array, new Map());
    }
  }

  forget(arrays: Iterable<HostFeed>): void {
    for (const array of arrays) {
      this.giveBack(array);
      this.copies.delete(array);
    }
  }

  /** What the device holds of an array, made when first asked for; null for one that nobody said would stay as it is. */
  get(array: HostFeed, shape: readonly number[], make: () => Copy): Copy | null {
    const held = this.copies.get(array);
    if (held === undefined) return null;
    const key = shape.join();
    const copy = held.get(key) ?? make();
    held.set(key, copy);
    return copy;
  }

  clear(): void {
    this.forget([...this.copies.keys()]);
  }

  private giveBack(array: HostFeed): void {
    for (const copy of this.copies.get(array)?.values() ?? []) copy.dispose();
  }
}
