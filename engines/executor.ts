import { UserError } from "../core/errors.ts";
import type { Tensor } from "./graph/tensor.ts";

export type Array32 = Float32Array | Int32Array;

/** Numbers on the host: halves as their bits. */
export type HostFeed = Array32 | Uint16Array;

/** An immutable value that an executor holds on its device, for feeds of its own sessions. Not to be fed once it is disposed of. */
export interface DeviceValue {
  readonly shape: readonly number[];
  /** Its numbers in a new array; whole numbers and halves become float32. */
  read(): Promise<Float32Array>;
  /** Gives its memory back. A second time does nothing. */
  dispose(): void;
}

/** What an input is fed with. */
export type Feed = HostFeed | DeviceValue;

/** What a run made: values that were copied to the host, and those that stay on the device until they are disposed of. */
export interface Staying<Name extends string = string> {
  values: Partial<Record<Name, Float32Array>>;
  staying: Partial<Record<Name, DeviceValue>>;
}

/** Bytes copied to a device and back since it was opened. What a compiled graph holds itself, its constants, is not counted. */
export interface Traffic {
  toDevice: number;
  toHost: number;
}

/** One compiled graph. */
export interface Session<Name extends string = string> {
  readonly inputNames: readonly string[];
  /** Runs with one value per input, which is only read. Outputs come in new arrays. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<Name, Float32Array>>;
  /** The same, with the outputs named in `stay` left on the device. Which ones should be the same in every run of a session: another set may be compiled anew. */
  runOn(feeds: Readonly<Record<string, Feed>>, stay: ReadonlySet<string>): Promise<Staying<Name>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** give memory back after every run, rather than keep what the largest one needed: right where values are large, or sessions many */
  lean?: boolean;
}

/** What runs graphs: a library on a device. */
export interface Executor {
  /** library and device, for the log: onnx-cpu, tfjs-wasm */
  readonly name: string;
  /** how it was chosen, or what it runs on, where there is something to say */
  readonly detail?: string;
  /** whether its numbers lie apart from the host's memory, so that they are copied there and back */
  readonly remote: boolean;
  /** whether a DeviceValue is fed without a copy. Where it cannot be, it is an array of the host's all the same. */
  readonly holds: boolean;
  /** zero where it is not remote */
  readonly traffic: Readonly<Traffic>;
  create<Name extends string>(outputs: Record<Name, Tensor>, options?: SessionOptions): Promise<Session<Name>>;
  /**
   * These arrays are fed again and again and change only where `keep` or `forget` is called for them: what a device holds of them may be
   * used again. Called a second time it says that they have changed.
   */
  keep(arrays: Iterable<HostFeed>): void;
  /** These arrays are nothing special any more. */
  forget(arrays: Iterable<HostFeed>): void;
  /** Puts numbers on the device as they are now, for inputs of float32, of whole numbers or of halves, as their array is one. */
  upload(data: HostFeed, shape: readonly number[]): Promise<DeviceValue>;
  /** After the last session was released. */
  close(): Promise<void>;
}

export type DeviceFailure = keyof typeof CURES;

/** What a device could not do, and what the reader can. What lies on the host, or can still be read, is saved. */
const CURES = {
  /** the device, its driver or its package is not there */
  absent: "vlrl doctor says which devices are there, and how to have the others.",
  memory: "Make the passes smaller (batch_size, group_size, micro_batch_size, slots), set model.recompute: true, or take another device.",
  /** it went away in the middle */
  lost: "Look at the driver's log, then go on from the last checkpoint with --resume, on another device if need be: --set model.device=cpu",
  /** it lacks an operation */
  unsupported: "Take another device: vlrl doctor says which are there.",
  /** it does not compute what it should */
  wrong: "Take another device, and report this one with the output of vlrl doctor --json.",
};

/** Also of an error that came from the engine's thread, as itself in all but its class. */
export function isDeviceError(error: unknown): error is Error {
  return error instanceof Error && error.name === "DeviceError";
}

/** Names the device: `onnx-cuda`, `tfjs-wasm`. */
export class DeviceError extends UserError {
  constructor(
    readonly device: string,
    readonly failure: DeviceFailure,
    message: string,
    { cure = CURES[failure], cause }: { cure?: string; cause?: unknown } = {},
  ) {
    super({ place: { file: "recipe" }, field: "model.device", message: `${device}: ${message}`, cure });
    this.cause = cause;
  }
}
