import { DeviceError, type Feed, type HostFeed, type Session, type Staying, type Traffic } from "../executor.ts";
import { checkSize, isHostFeed, toFloat32 } from "../host-value.ts";
import type { KeptFeeds } from "../kept.ts";
import type { Backend } from "./backends.ts";
import { failureOn } from "./failure.ts";
import type { TfTensor } from "./library.ts";
import type { CompiledPlan, Source, Step } from "./plan.ts";
import { TfjsValue } from "./value.ts";

const NONE: ReadonlySet<string> = new Set();

/** A compiled graph on one of TensorFlow.js's backends. Its constants stay on the device until it is released. */
export class TfjsSession<Name extends string = string> implements Session<Name> {
  readonly inputNames: readonly string[];
  private constants: TfTensor[] | null = null;

  constructor(
    private readonly backend: Backend,
    private readonly plan: CompiledPlan,
    private readonly kept: KeptFeeds<TfTensor>,
    /** null where nothing is copied to another memory */
    private readonly traffic: Traffic | null,
  ) {
    this.inputNames = [...plan.feeds.keys()];
    const missing = new Set(plan.steps.map(({ kernel }) => kernel).filter((kernel) => !this.knows(kernel)));
    if (missing.size > 0) {
      throw new DeviceError(`tfjs-${backend.device}`, "unsupported", `the backend has no ${[...missing].join(", ")}`);
    }
  }

  private knows(kernel: string): boolean {
    const { tf } = this.backend;
    return tf.getKernel(kernel, tf.engine().backendName) !== undefined;
  }

  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<Name, Float32Array>> {
    const { values } = await this.runOn(feeds, NONE);
    return values as Record<Name, Float32Array>;
  }

  async runOn(feeds: Readonly<Record<string, Feed>>, stay: ReadonlySet<string>): Promise<Staying<Name>> {
    const values = new Array<TfTensor | undefined>(this.plan.values);
    /** values that outlive the run */
    const borrowed = new Set<number>();
    try {
      await this.backend.activate();
      this.setConstants(values, borrowed);
      for (const [name, source] of this.plan.feeds) this.feed(name, source, feeds[name], values, borrowed);
      for (const step of this.plan.steps) this.step(step, values, borrowed);
      const results: Staying<Name> = { values: await this.read(values, feeds, stay), staying: this.leave(values, borrowed, stay) };
      this.giveBack(values, borrowed);
      return results;
    } catch (error) {
      try {
        this.giveBack(values, borrowed);
      } catch {
        // a device that has failed may fail at this too, and the first error says more
      }
      throw failureOn(this.backend, error);
    }
  }

  private giveBack(values: (TfTensor | undefined)[], borrowed: Set<number>): void {
    values.forEach((tensor, index) => {
      if (!borrowed.has(index)) tensor?.dispose();
      values[index] = undefined;
    });
  }

  private setConstants(values: (TfTensor | undefined)[], borrowed: Set<number>): void {
    const { constants } = this.plan;
    const engine = this.backend.tf.engine();
    this.constants ??= constants.map(({ data, value, dtype }) =>
      engine.makeTensor(data, value.shape, dtype === "int" ? "int32" : "float32"),
    );
    constants.forEach(({ value: { index } }, i) => {
      values[index] = this.constants![i];
      borrowed.add(index);
    });
  }

  private feed(
    name: string,
    { value, dtype }: Source,
    data: Feed | undefined,
    values: (TfTensor | undefined)[],
    borrowed: Set<number>,
  ): void {
    const { index, shape } = value;
    if (data === undefined) throw new Error(`no feed for the input "${name}"`);
    if (!isHostFeed(data)) {
      values[index] = TfjsValue.tensorOf(name, data, shape);
      borrowed.add(index);
      return;
    }
    checkSize(name, data, shape);
    if (data instanceof Uint16Array && dtype !== "half") throw new Error("bits of halves are fed where numbers belong");
    const make = () => makeTensor(this.backend, data, shape, this.traffic);
    const held = this.kept.get(data, shape, make);
    if (held !== null) borrowed.add(index);
    values[index] = held ?? make();
  }

  private step({ kernel, inputs, attributes, output, last }: Step, values: (TfTensor | undefined)[], borrowed: Set<number>): void {
    const given: Record<string, TfTensor> = {};
    for (const name in inputs) given[name] = values[inputs[name]!]!;
    // the one kernel whose inputs have no names
    const named = kernel === "Concat" ? Object.values(given) : given;
    values[output] = this.backend.tf.engine().runKernel(kernel, named, attributes);
    for (const index of last) {
      if (!borrowed.has(index)) values[index]!.dispose();
      values[index] = undefined;
    }
  }

  /** The results that are wanted on the host, each in an array of its own: a backend there may hand out its very memory, that of a feed even. */
  private async read(
    values: readonly (TfTensor | undefined)[],
    feeds: Readonly<Record<string, Feed>>,
    stay: ReadonlySet<string>,
  ): Promise<Partial<Record<Name, Float32Array>>> {
    const names = (Object.keys(this.plan.outputs) as Name[]).filter((name) => !stay.has(name));
    const arrays = await Promise.all(names.map((name) => values[this.plan.outputs[name]!.index]!.data()));
    const given = Object.values(feeds);
    const held = given.some((feed) => !isHostFeed(feed));
    const taken = new Set<unknown>([...given, ...this.plan.constants.map(({ data }) => data)]);
    const out: Partial<Record<Name, Float32Array>> = {};
    names.forEach((name, i) => {
      const array = arrays[i] as Float32Array;
      if (this.traffic !== null) this.traffic.toHost += array.byteLength;
      out[name] = held || taken.has(array) ? array.slice() : array;
      taken.add(array);
    });
    return out;
  }

  /** The results that stay, each a value of its own. */
  private leave(values: (TfTensor | undefined)[], borrowed: Set<number>, stay: ReadonlySet<string>): Partial<Record<Name, TfjsValue>> {
    const out: Partial<Record<Name, TfjsValue>> = {};
    for (const name of (Object.keys(this.plan.outputs) as Name[]).filter((output) => stay.has(output))) {
      const { index, shape } = this.plan.outputs[name]!;
      const tensor = values[index]!;
      const own = borrowed.has(index) ? this.backend.tf.engine().runKernel("Identity", { x: tensor }, {}) : tensor;
      borrowed.add(index);
      out[name] = new TfjsValue(this.backend, own, shape, this.traffic);
    }
    return out;
  }

  async release(): Promise<void> {
    for (const constant of this.constants ?? []) constant.dispose();
    this.constants = null;
  }
}

/** Numbers on the device; halves become float32, as TensorFlow.js has none. */
export function makeTensor({ tf }: Backend, data: HostFeed, shape: readonly number[], traffic: Traffic | null): TfTensor {
  const numbers = data instanceof Uint16Array ? toFloat32(data) : data;
  if (traffic !== null) traffic.toDevice += numbers.byteLength;
  return tf.engine().makeTensor(numbers, shape, numbers instanceof Int32Array ? "int32" : "float32");
}
