import type { DeviceValue, Feed } from "./executor.ts";

/** A library's tensor that stays on its device until it is disposed of. */
export abstract class HeldTensor<T extends { dispose(): void }> implements DeviceValue {
  /** The tensor is the value's own from now on. */
  constructor(
    private held: T | null,
    readonly shape: readonly number[],
  ) {}

  /** Throws for a value that was disposed of: some libraries end the process where they are given its tensor. */
  protected tensor(): T {
    if (this.held === null) throw new Error("a value is read that was disposed of");
    return this.held;
  }

  abstract read(): Promise<Float32Array>;

  dispose(): void {
    this.held?.dispose();
    this.held = null;
  }

  /** What is fed for an input of that shape, if the feed is a value of the library's own `kind`. */
  protected static of<T extends { dispose(): void }>(
    kind: abstract new (...given: never[]) => HeldTensor<T>,
    name: string,
    feed: Feed,
    shape: readonly number[],
  ): T {
    if (!(feed instanceof kind)) throw new Error(`"${name}" is fed with a value of another device`);
    if (feed.held === null) throw new Error(`"${name}" is fed with a value that was disposed of`);
    if (feed.shape.join() !== shape.join()) throw new Error(`"${name}" is [${shape}] and fed with [${feed.shape}]`);
    return feed.held;
  }
}
