import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Feed, Session } from "../executor.ts";
import { sizeOf, type Tensor, topological } from "../graph/tensor.ts";
import { ONNX_TRAITS, type OnnxTraits, toOnnx } from "./emitter.ts";
import { onnxFailure } from "./failure.ts";

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

export const ONNX_DEVICES = ["cpu", "webgpu", "cuda"] as const;
export type OnnxDevice = (typeof ONNX_DEVICES)[number];

type Runtime = typeof import("onnxruntime-node");

let loaded: Promise<Runtime> | undefined;

/** ONNX Runtime, loaded when first used. It is CommonJS: the namespace hides behind `default`. */
export function runtime(): Promise<Runtime> {
  loaded ??= import("onnxruntime-node").then((module) => (module as unknown as { default?: Runtime }).default ?? module);
  return loaded;
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

/**
 * One compiled graph. Weights and caches are ordinary feeds, given as typed arrays that the runtime reads where they lie, so that
 * nothing is copied and no new session is needed after an update.
 */
export class OnnxSession<Name extends string = string> implements Session<Name> {
  private readonly session: InferenceSession;
  private readonly ort: Runtime;
  readonly inputNames: readonly string[];
  private readonly inputs: Map<string, Tensor>;
  private readonly outputs: Record<Name, Tensor>;
  /** tensors around typed arrays seen before: making one costs more than looking it up */
  private readonly wrapped = new WeakMap<Float32Array | Uint16Array, Map<string, OrtTensor>>();

  private constructor(
    session: InferenceSession,
    ort: Runtime,
    inputs: Map<string, Tensor>,
    outputs: Record<Name, Tensor>,
    private readonly device: OnnxDevice,
    private readonly profiled: boolean,
  ) {
    this.session = session;
    this.ort = ort;
    this.inputs = inputs;
    this.inputNames = [...inputs.keys()];
    this.outputs = outputs;
  }

  static async create<Name extends string>(
    outputs: Record<Name, Tensor>,
    { threads, lean = false, device = "cpu", profile, traits = ONNX_TRAITS[device] }: OnnxOptions,
  ): Promise<OnnxSession<Name>> {
    const ort = await runtime();
    const made = ort.InferenceSession.create(toOnnx(outputs, traits), {
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
    });
    const session = await made.catch((error: unknown) => {
      throw onnxFailure(device, error);
    });
    const inputs = new Map<string, Tensor>();
    for (const tensor of topological(Object.values<Tensor>(outputs))) {
      if (tensor.op === "input") inputs.set((tensor as Tensor<"input">).attributes.name, tensor);
    }
    return new OnnxSession(session, ort, inputs, outputs, device, profile !== undefined);
  }

  /**
   * Runs with one array per input. Outputs come in new arrays: the runtime takes arrays to write them to, but hands back copies of those
   * all the same.
   */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<Name, Float32Array>> {
    const given: Record<string, OrtTensor> = {};
    for (const [name, tensor] of this.inputs) {
      const data = feeds[name];
      if (data === undefined) throw new Error(`no feed for the input "${name}"`);
      given[name] = this.wrap(name, data, tensor.shape);
    }
    const results = await this.session.run(given).catch((error: unknown) => {
      throw onnxFailure(this.device, error);
    });
    const out = {} as Record<Name, Float32Array>;
    for (const name of Object.keys(this.outputs) as Name[]) out[name] = results[name]!.data as Float32Array;
    return out;
  }

  async release(): Promise<void> {
    if (this.profiled) this.session.endProfiling();
    await this.session.release();
  }

  private wrap(name: string, data: Feed, shape: readonly number[]): OrtTensor {
    if (data.length !== sizeOf(shape)) throw new Error(`"${name}" has ${data.length} values, shape [${shape}] needs ${sizeOf(shape)}`);
    if (data instanceof Int32Array) return new this.ort.Tensor("int64", toInt64(data), shape);
    const key = shape.join();
    const known = this.wrapped.get(data) ?? new Map<string, OrtTensor>();
    this.wrapped.set(data, known);
    const tensor =
      known.get(key) ??
      (data instanceof Uint16Array ? new this.ort.Tensor("float16", data, shape) : new this.ort.Tensor("float32", data, shape));
    known.set(key, tensor);
    return tensor;
  }
}
