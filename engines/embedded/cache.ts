import type { Architecture } from "./architecture.ts";
import { keyBias } from "./attention.ts";

/** Positions by which a cache grows: a new number of them is a new session, and each step reads all of them. */
export const CAPACITY_STEP = 32;

/** One sequence's keys and values of every layer, [kvHeads, padded, d] each, of which the first `length` positions are real. */
export interface Prefix {
  length: number;
  keys: Float32Array[];
  values: Float32Array[];
}

/** Arrays that outlive a request: fresh memory costs a page fault every few kilobytes, more than the copying it holds. */
export class CacheMemory {
  private arrays: Float32Array[] = [];

  /** `count` arrays of at least `length`; what is in them is whatever was there. */
  take(count: number, length: number): Float32Array[] {
    if (this.arrays.length < count || this.arrays[0]!.length < length) {
      this.arrays = Array.from({ length: count }, () => new Float32Array(length));
    }
    return this.arrays;
  }
}

/**
 * Keys and values of the sequences that are being sampled: [slots, kvHeads, capacity, d] a layer, each. It starts short and grows in place
 * as the sequences do, and gives up slots at the end, so that a step reads little that no sequence has filled.
 */
export class KeyValueCache {
  keys: Float32Array[] = [];
  values: Float32Array[] = [];
  /** [slots, capacity], what hides the positions a slot has not filled */
  bias = new Float32Array(0);
  private readonly blocks: Float32Array[];
  private readonly filled: number[];

  constructor(
    private readonly model: Pick<Architecture, "layers" | "kvHeads" | "headDim">,
    memory: CacheMemory,
    public slots: number,
    public capacity: number,
    private readonly maxCapacity: number,
  ) {
    this.blocks = memory.take(2 * model.layers, slots * model.kvHeads * maxCapacity * model.headDim);
    this.filled = new Array<number>(slots).fill(0);
    this.view();
  }

  /** Positions that a slot has filled. */
  length(slot: number): number {
    return this.filled[slot]!;
  }

  /** Starts a slot over with what a prompt pass left. */
  load(slot: number, { length, keys, values }: Prefix): void {
    const { kvHeads, headDim, layers } = this.model;
    const used = length * headDim;
    for (let layer = 0; layer < layers; layer++) {
      for (const [cache, prefix] of [
        [this.keys[layer]!, keys[layer]!],
        [this.values[layer]!, values[layer]!],
      ] as const) {
        const padded = prefix.length / kvHeads;
        for (let head = 0; head < kvHeads; head++) {
          const to = (slot * kvHeads + head) * this.capacity * headDim;
          cache.set(prefix.subarray(head * padded, head * padded + used), to);
          // hidden positions count with weight 0, and 0 times what an earlier request left might not be 0
          cache.fill(0, to + used, to + this.capacity * headDim);
        }
      }
    }
    this.filled[slot] = length;
    keyBias(length, this.capacity, this.bias.subarray(slot * this.capacity, (slot + 1) * this.capacity));
  }

  /** Puts one position behind the others of a slot: a layer's key and value [kvHeads * d] stand at `slot` of the step's results. */
  append(slot: number, key: (layer: number) => Float32Array, value: (layer: number) => Float32Array): void {
    const { kvHeads, headDim, layers } = this.model;
    const position = this.filled[slot]!;
    for (let layer = 0; layer < layers; layer++) {
      const [keys, values, newKey, newValue] = [this.keys[layer]!, this.values[layer]!, key(layer), value(layer)];
      for (let head = 0; head < kvHeads; head++) {
        const to = ((slot * kvHeads + head) * this.capacity + position) * headDim;
        const from = (slot * kvHeads + head) * headDim;
        for (let i = 0; i < headDim; i++) {
          keys[to + i] = newKey[from + i]!;
          values[to + i] = newValue[from + i]!;
        }
      }
    }
    this.bias[slot * this.capacity + position] = 0;
    this.filled[slot] = position + 1;
  }

  /** More positions a slot. Blocks move up within the same memory, the last one first. */
  grow(capacity: number): void {
    const { headDim } = this.model;
    const [before, after] = [this.capacity * headDim, Math.min(capacity, this.maxCapacity) * headDim];
    const count = this.slots * this.model.kvHeads;
    for (const block of this.blocks) {
      for (let i = count - 1; i >= 0; i--) {
        block.copyWithin(i * after, i * before, (i + 1) * before);
        block.fill(0, i * after + before, (i + 1) * after);
      }
    }
    this.capacity = after / headDim;
    this.view();
  }

  /** Fewer slots: slot i goes on as what slot `kept[i]` was (rising), those beyond are free. */
  shrink(slots: number, kept: readonly number[]): void {
    const size = this.model.kvHeads * this.capacity * this.model.headDim;
    for (const block of this.blocks) {
      kept.forEach((slot, i) => {
        block.copyWithin(i * size, slot * size, (slot + 1) * size);
      });
    }
    kept.forEach((slot, i) => {
      this.filled[i] = this.filled[slot]!;
    });
    this.slots = slots;
    this.view();
  }

  private view(): void {
    const { layers, kvHeads, headDim } = this.model;
    const size = this.slots * kvHeads * this.capacity * headDim;
    this.keys = this.blocks.slice(0, layers).map((block) => block.subarray(0, size));
    this.values = this.blocks.slice(layers, 2 * layers).map((block) => block.subarray(0, size));
    this.bias = new Float32Array(this.slots * this.capacity);
    for (let slot = 0; slot < this.slots; slot++) {
      keyBias(this.filled[slot]!, this.capacity, this.bias.subarray(slot * this.capacity, (slot + 1) * this.capacity));
    }
  }
}
