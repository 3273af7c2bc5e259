import { widenHalf } from "../core/half.ts";
import type { DeviceValue, Feed, HostFeed, Staying } from "./executor.ts";
import { sizeOf, type Tensor } from "./graph/tensor.ts";

/** A value of an executor whose numbers are the host's. */
export class HostValue implements DeviceValue {
  /** The array is the value's own from now on. */
  constructor(
    private array: HostFeed | null,
    readonly shape: readonly number[],
  ) {
    checkSize("a value", array!, shape);
  }

  get data(): HostFeed {
    if (this.array === null) throw new Error("a value is used that was disposed of");
    return this.array;
  }

  async read(): Promise<Float32Array> {
    return toFloat32(this.data);
  }

  dispose(): void {
    this.array = null;
  }
}

export function isHostFeed(feed: Feed): feed is HostFeed {
  return ArrayBuffer.isView(feed);
}

/** The numbers in a new array of float32. */
export function toFloat32(data: HostFeed): Float32Array {
  if (!(data instanceof Uint16Array)) return Float32Array.from(data);
  const wide = new Float32Array(data.length);
  widenHalf(data, wide);
  return wide;
}

/** What is fed must be as large as the input. */
export function checkSize(name: string, { length }: { length: number }, shape: readonly number[]): void {
  if (length !== sizeOf(shape)) throw new Error(`"${name}" has ${length} values, shape [${shape}] needs ${sizeOf(shape)}`);
}

/** The feeds with the arrays of those that are values of the host. */
export function onHost(feeds: Readonly<Record<string, Feed>>): Record<string, HostFeed> {
  return Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, hostFeed(name, feed)]));
}

export function hostFeed(name: string, feed: Feed): HostFeed {
  if (isHostFeed(feed)) return feed;
  if (feed instanceof HostValue) return feed.data;
  throw new Error(`"${name}" is fed with a value of another device`);
}

/** Results on the host, those that were to stay as values around them. */
export function splitStaying<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  results: Record<Name, Float32Array>,
  stay: ReadonlySet<string>,
): Staying<Name> {
  const out: Staying<Name> = { values: {}, staying: {} };
  for (const name of Object.keys(outputs) as Name[]) {
    if (stay.has(name)) out.staying[name] = new HostValue(results[name], outputs[name].shape);
    else out.values[name] = results[name];
  }
  return out;
}
