import type { DeviceValue } from "../executor.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { ParameterSpec } from "./architecture.ts";

/** Values on a device, by the parameter that they belong to. */
export type Values = Record<string, DeviceValue>;

/** Values that several hold, given back by the last one. */
export class SharedValues {
  private readonly holders = new Map<DeviceValue, number>();

  retain(value: DeviceValue): DeviceValue {
    this.holders.set(value, (this.holders.get(value) ?? 0) + 1);
    return value;
  }

  release(value: DeviceValue): void {
    const left = this.holders.get(value)! - 1;
    this.holders.set(value, left);
    if (left > 0) return;
    this.holders.delete(value);
    value.dispose();
  }
}

/** Parameters of one graph have so many values together, unless one has more: 64 MB, which a step holds twice. */
export const CHUNK_VALUES = 2 ** 24;

/** Neighbours that go into one graph. */
export function chunksOf(parameters: readonly ParameterSpec[], most: number): ParameterSpec[][] {
  const chunks: ParameterSpec[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const spec of parameters) {
    const own = sizeOf(spec.shape);
    if (size + own > most) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)!.push(spec);
    size += own;
  }
  return chunks;
}

/** Which of a chunk's parameters take part. */
export function marks(chunk: readonly ParameterSpec[], some: readonly ParameterSpec[]): string {
  const those = new Set(some);
  return chunk.map((spec) => (those.has(spec) ? 1 : 0)).join("");
}

/** Feeds of a graph for these parameters. */
export function kind(name: string, values: Values, of: readonly ParameterSpec[]): Values {
  return Object.fromEntries(of.map((spec) => [`${name}:${spec.name}`, values[spec.name]!]));
}

/** From one to the other. */
export function take(to: Values, from: Values, name: string): void {
  to[name] = from[name]!;
  delete from[name];
}

/** By a value that takes its place. */
export function replace(values: Values, name: string, by: DeviceValue): void {
  values[name]!.dispose();
  values[name] = by;
}

export function disposeAll(values: Values): void {
  for (const value of Object.values(values)) value.dispose();
}
