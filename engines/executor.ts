import type { Tensor } from "./graph/tensor.ts";

export type Array32 = Float32Array | Int32Array;

/** What an input is fed with: halves as their bits. */
export type Feed = Array32 | Uint16Array;

/** One compiled graph. */
export interface Session<Name extends string = string> {
  readonly inputNames: Iterable<string>;
  /** Runs with one array per input, which is only read. Outputs come in new arrays. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<Name, Float32Array>>;
  release(): Promise<void>;
}

/** What runs graphs: a library on a device. */
export interface Executor {
  /** library and device, for the log: onnx-cpu, tfjs-wasm */
  readonly name: string;
  create<Name extends string>(outputs: Record<Name, Tensor>): Promise<Session<Name>>;
  /**
   * These arrays are fed again and again and change only where `keep` or `forget` is called for them: what a device holds of them may be
   * used again. Called a second time it says that they have changed.
   */
  keep(arrays: Iterable<Feed>): void;
  /** These arrays are nothing special any more. */
  forget(arrays: Iterable<Feed>): void;
  /** After the last session was released. */
  close(): Promise<void>;
}

/**
 * What a device could not do. The run's numbers live on the host, so it can still be saved.
 * - absent: the device, its driver or its package is not there
 * - memory: it has not enough
 * - lost: it went away in the middle
 * - unsupported: it lacks an operation
 * - wrong: it does not compute what it should
 */
export type DeviceFailure = "absent" | "memory" | "lost" | "unsupported" | "wrong";

export class DeviceError extends Error {
  override readonly name = "DeviceError";

  constructor(
    readonly device: string,
    readonly failure: DeviceFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${device}: ${message}`, options);
  }
}
