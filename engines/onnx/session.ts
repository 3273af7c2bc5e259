import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Feed, HostFeed, Session, Staying } from "../executor.ts";
import { type Tensor, topological } from "../graph/tensor.ts";
import { checkSize, HostValue, hostFeed, isHostFeed } from "../host-value.ts";
import { ONNX_TRAITS, type OnnxTraits, toOnnx } from "./emitter.ts";
import { onnxFailure } from "./failure.ts";
import { type DeviceMemory, Upload } from "./memory.ts";
import { type OnnxDevice, type Runtime, runtime } from "./runtime.ts";
import { bytesOf } from "./transfer.ts";
import { OnnxValue } from "./value.ts";

const NONE: ReadonlySet<string> = new Set();

export interface OnnxOptions {
  /** 0 lets the runtime take one a core */
  threads: number;
  /** give memory back after every run, rather than keep what the largest one needed: right where values are large and runs long */
  lean?: boolean;
  /** the execution provider; the processor where none is named */
  device?: OnnxDevice;
  /** each session writes where it spent its time to a file whose name begins so, when it is released */
  profile?: string;
  /** what the graph is written for, where it is not the device */
  traits?: OnnxTraits;
}

/** Whole numbers as the int64 that ONNX wants for indices. */
function toInt64(values: Int32Array): BigInt64Array {
  const wide = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    wide[2 * i] = values[i]!;
    wide[2 * i + 1] = values[i]! < 0 ? -1 : 0;
  }
  return new BigInt64Array(wide.buffer);
}

export function ortTensor(ort: Runtime, data: HostFeed, shape: readonly number[]): OrtTensor {
  if (data instanceof Int32Array) return new ort.Tensor("int64", toInt64(data), shape);
  return data instanceof Uint16Array ? new ort.Tensor("float16", data, shape) : new ort.Tensor("float32", data, shape);
}

/**
 * One compiled graph. Weights and caches are ordinary feeds, given as typed arrays that the runtime reads where they lie, so that
 * nothing is copied and no new session is needed after an update.
 */
export class OnnxSession<Name extends string = string> implements Session<Name> {
  readonly inputNames: readonly string[];
  private readonly inputs = new Map<string, Tensor>();
  private readonly names: readonly Name[];
  /** by the outputs that stay on the device: the runtime wants to know them when it compiles */
  private readonly compiled = new Map<string, Promise<InferenceSession>>();
  /** tensors around typed arrays seen before: making one costs more than looking it up */
  private readonly wrapped = new WeakMap<Float32Array | Uint16Array, Map<string, OrtTensor>>();

  private constructor(
    private readonly ort: Runtime,
    private readonly outputs: Record<Name, Tensor>,
    private readonly options: OnnxOptions,
    private readonly memory: DeviceMemory | null,
  ) {
    for (const tensor of topological(Object.values<Tensor>(outputs))) {
      if (tensor.op === "input") this.inputs.set((tensor as Tensor<"input">).attributes.name, tensor);
    }
    this.inputNames = [...this.inputs.keys()];
    this.names = Object.keys(outputs) as Name[];
  }

  /** `memory` is the device's, null on the processor. Where values can stay there, it is compiled when it is known which ones. */
  static async create<Name extends string>(
    outputs: Record<Name, Tensor>,
    options: OnnxOptions,
    memory: DeviceMemory | null = null,
  ): Promise<OnnxSession<Name>> {
    const session = new OnnxSession(await runtime(), outputs, options, memory);
    if (session.transfer === null) await session.compile(NONE);
    return session;
  }

  private get transfer() {
    return this.memory?.transfer ?? null;
  }

  private get device(): OnnxDevice {
    return this.options.device ?? "cpu";
  }

  private compile(stay: ReadonlySet<string>): Promise<InferenceSession> {
    const staying = this.transfer === null ? [] : this.names.filter((name) => stay.has(name));
    const key = staying.join();
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const made = this.compileFor(staying);
    this.compiled.set(key, made);
    // one that could not be made is none to release
    made.catch(() => this.compiled.delete(key));
    return made;
  }

  private compileFor(staying: readonly Name[]): Promise<InferenceSession> {
    const { threads, lean = false, profile } = this.options;
    const { device } = this;
    const made = this.ort.InferenceSession.create(toOnnx(this.outputs, this.options.traits ?? ONNX_TRAITS[device]), {
      // a provider that is named and not there is an error: none takes its place
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      enableMemPattern: !lean,
      enableCpuMemArena: !lean,
      logSeverityLevel: 3,
      enableProfiling: profile !== undefined,
      profileFilePrefix: profile,
      // every session has threads of its own: they wait spinning within a run, where work comes in a moment, and sleep after it, so that
      // they do not take the cores from the next session's
      extra: { session: { force_spinning_stop: "1" } },
      ...(staying.length > 0 && { preferredOutputLocation: Object.fromEntries(staying.map((name) => [name, "gpu-buffer" as const])) }),
    });
    return made.catch((error: unknown) => {
      throw onnxFailure(device, error);
    });
  }

  /**
   * Runs with one value per input. Outputs come in new arrays: the runtime takes arrays to write them to, but hands back copies of those
   * all the same.
   */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<Name, Float32Array>> {
    const { values } = await this.runOn(feeds, NONE);
    return values as Record<Name, Float32Array>;
  }

  async runOn(feeds: Readonly<Record<string, Feed>>, stay: ReadonlySet<string>): Promise<Staying<Name>> {
    const session = await this.compile(stay);
    const given: Record<string, OrtTensor> = {};
    for (const [name, { shape }] of this.inputs) {
      const feed = feeds[name];
      if (feed === undefined) throw new Error(`no feed for the input "${name}"`);
      const tensor = this.give(name, feed, shape);
      given[name] = tensor instanceof Promise ? await tensor : tensor;
    }
    const results = await session.run(given).catch((error: unknown) => {
      throw onnxFailure(this.device, error);
    });
    return this.sort(results, stay);
  }

  async release(): Promise<void> {
    for (const made of this.compiled.values()) {
      const session = await made;
      if (this.options.profile !== undefined) session.endProfiling();
      await session.release();
    }
    this.compiled.clear();
  }

  private give(name: string, feed: Feed, shape: readonly number[]): OrtTensor | Promise<OrtTensor> {
    const { transfer } = this;
    if (transfer !== null && !isHostFeed(feed)) return OnnxValue.tensorOf(name, feed, shape);
    const data = hostFeed(name, feed);
    checkSize(name, data, shape);
    const held = transfer === null ? null : this.memory!.kept.get(data, shape, () => new Upload(transfer.toDevice(this.wrap(data, shape))));
    if (held !== null) return held.tensor;
    const tensor = this.wrap(data, shape);
    if (this.memory !== null) this.memory.traffic.toDevice += bytesOf(tensor);
    return tensor;
  }

  private sort(results: InferenceSession.OnnxValueMapType, stay: ReadonlySet<string>): Staying<Name> {
    const out: Staying<Name> = { values: {}, staying: {} };
    for (const name of this.names) {
      const tensor = results[name] as OrtTensor;
      const { shape } = this.outputs[name];
      if (stay.has(name) && this.transfer !== null) {
        out.staying[name] = new OnnxValue(this.transfer, tensor, shape);
        continue;
      }
      if (this.memory !== null) this.memory.traffic.toHost += bytesOf(tensor);
      const data = tensor.data as Float32Array;
      if (stay.has(name)) out.staying[name] = new HostValue(data, shape);
      else out.values[name] = data;
    }
    return out;
  }

  private wrap(data: HostFeed, shape: readonly number[]): OrtTensor {
    if (data instanceof Int32Array) return ortTensor(this.ort, data, shape);
    const key = shape.join();
    const known = this.wrapped.get(data) ?? new Map<string, OrtTensor>();
    this.wrapped.set(data, known);
    const tensor = known.get(key) ?? ortTensor(this.ort, data, shape);
    known.set(key, tensor);
    return tensor;
  }
}
