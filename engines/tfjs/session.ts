import { widenHalf } from "../../core/half.ts";
import { DeviceError, type Feed, type Session } from "../executor.ts";
import type { DType } from "../graph/ops.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { Backend } from "./backends.ts";
import { tfjsFailure } from "./failure.ts";
import type { KeptFeeds } from "./kept.ts";
import type { TfTensor } from "./library.ts";
import type { CompiledPlan, Source, Step } from "./plan.ts";

/** A compiled graph on one of TensorFlow.js's backends. Its constants stay on the device until it is released. */
export class TfjsSession<Name extends string = string> implements Session<Name> {
  readonly inputNames: readonly string[];
  private constants: TfTensor[] | null = null;

  constructor(
    private readonly backend: Backend,
    private readonly plan: CompiledPlan,
    private readonly kept: KeptFeeds,
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
    const values = new Array<TfTensor | undefined>(this.plan.values);
    /** values that outlive the run */
    const borrowed = new Set<number>();
    try {
      await this.backend.activate();
      this.setConstants(values, borrowed);
      for (const [name, source] of this.plan.feeds) this.feed(name, source, feeds[name], values, borrowed);
      for (const step of this.plan.steps) this.step(step, values, borrowed);
      const results = await this.read(values, feeds);
      this.giveBack(values, borrowed);
      return results;
    } catch (error) {
      try {
        this.giveBack(values, borrowed);
      } catch {
        // a device that has failed may fail at this too, and the first error says more
      }
      const lost = this.backend.lost();
      if (lost !== null) throw new DeviceError(`tfjs-${this.backend.device}`, "lost", lost, { cause: error });
      throw tfjsFailure(this.backend.device, error);
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
    if (data.length !== sizeOf(shape)) throw new Error(`"${name}" has ${data.length} values, shape [${shape}] needs ${sizeOf(shape)}`);
    const make = () => this.backend.tf.engine().makeTensor(hostValues(data, dtype), shape, dtype === "int" ? "int32" : "float32");
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

  /** The results, each in an array of its own: a backend on the host may hand out its very memory, that of a feed even. */
  private async read(
    values: readonly (TfTensor | undefined)[],
    feeds: Readonly<Record<string, Feed>>,
  ): Promise<Record<Name, Float32Array>> {
    const names = Object.keys(this.plan.outputs) as Name[];
    const arrays = await Promise.all(names.map((name) => values[this.plan.outputs[name]!.index]!.data()));
    const taken = new Set<unknown>([...Object.values(feeds), ...this.plan.constants.map(({ data }) => data)]);
    const out = {} as Record<Name, Float32Array>;
    names.forEach((name, i) => {
      const array = arrays[i] as Float32Array;
      out[name] = taken.has(array) ? array.slice() : array;
      taken.add(array);
    });
    return out;
  }

  async release(): Promise<void> {
    for (const constant of this.constants ?? []) constant.dispose();
    this.constants = null;
  }
}

function hostValues(data: Feed, dtype: DType): Float32Array | Int32Array {
  if (!(data instanceof Uint16Array)) return data;
  if (dtype !== "half") throw new Error("bits of halves are fed where numbers belong");
  const wide = new Float32Array(data.length);
  widenHalf(data, wide);
  return wide;
}
