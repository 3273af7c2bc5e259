import type { DeviceValue, Feed } from "../executor.ts";
import type { Architecture } from "./architecture.ts";
import { arrangeGraph, cacheNames } from "./run-graph.ts";
import type { SessionCache } from "./sessions.ts";

/** Keys and values on a device, by name. */
export type Held = Record<string, DeviceValue>;

export function disposeAll(held: Held): void {
  for (const value of Object.values(held)) value.dispose();
}

/** Under the names of a graph's inputs, which are not those of its outputs. */
function called(prefix: string, held: Held): Record<string, DeviceValue> {
  return Object.fromEntries(Object.entries(held).map(([name, value]) => [prefix + name, value]));
}

/** What a prompt pass left on the device: keys and values [rows, kvHeads, length, d] under their names. */
export interface HeldPrompts {
  rows: number;
  length: number;
  held: Held;
}

/** A row of a prompt pass with so many real positions. */
export interface Beginning {
  row: number;
  filled: number;
}

/** Where a slot's sequence comes from: a slot as it was, or a prompt. */
export type SlotSource = { slot: number } | Beginning;

/**
 * Keys and values of the sequences that are being sampled, on a device: [slots, kvHeads, capacity, d] a layer, each. Values there do not
 * change: each run and each arrangement makes new ones, so that for its time there are two.
 */
export class RemoteCache {
  private held: Held = {};
  private readonly names: ReadonlySet<string>;
  private readonly filled: number[] = [];
  capacity = 0;

  constructor(
    private readonly model: Architecture,
    private readonly sessions: SessionCache,
  ) {
    this.names = new Set(cacheNames(model));
  }

  get slots(): number {
    return this.filled.length;
  }

  /** Positions that a slot has filled. */
  length(slot: number): number {
    return this.filled[slot]!;
  }

  /** Gives slot i what `sources[i]` says, null where it may be anything, and every slot the capacity, which does not fall. */
  async arrange(sources: readonly (SlotSource | null)[], capacity: number, prompts: HeldPrompts | null): Promise<void> {
    const slots = sources.length;
    const from = this.slots === 0 ? null : { slots: this.slots, capacity: this.capacity };
    const passes = prompts === null ? null : { rows: prompts.rows, length: prompts.length };
    const shape = { from, prompts: passes, to: { slots, capacity } };
    const source = new Int32Array(slots);
    const filled = sources.map((one, slot) => {
      if (one === null) return 0;
      source[slot] = "row" in one ? this.slots + one.row : one.slot;
      return "row" in one ? one.filled : this.filled[one.slot]!;
    });
    const session = await this.sessions.get(`arrange:${JSON.stringify(shape)}`, () => arrangeGraph(this.model, shape));
    const { staying } = await session.runOn({ source, ...this.feeds, ...called("prompt_", prompts?.held ?? {}) }, this.names);
    this.replace(staying as Held);
    this.filled.splice(0, this.filled.length, ...filled);
    this.capacity = capacity;
  }

  /** What a run reads. */
  get feeds(): Readonly<Record<string, Feed>> {
    return called("cached_", this.held);
  }

  get stay(): ReadonlySet<string> {
    return this.names;
  }

  /** Where a run of `steps` puts its keys and values, rows of [slots * kvHeads * capacity]. */
  rows(steps: number): Int32Array {
    const { kvHeads } = this.model;
    return Int32Array.from({ length: this.slots * kvHeads * steps }, (_, i) => {
      const block = Math.floor(i / steps);
      return block * this.capacity + this.filled[Math.floor(block / kvHeads)]! + (i % steps);
    });
  }

  /** What a run made of it: so many positions more in each of some slots. */
  advance(made: Held, steps: number, active: readonly number[]): void {
    this.replace(made);
    for (const slot of active) this.filled[slot]! += steps;
  }

  /** Nobody reads a slot any more: runs write to it all the same, and always find room at its start. */
  free(slot: number): void {
    this.filled[slot] = 0;
  }

  private replace(held: Held): void {
    disposeAll(this.held);
    this.held = held;
  }

  dispose(): void {
    this.replace({});
  }
}
