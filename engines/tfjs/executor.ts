import type { Executor, Feed, Session } from "../executor.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Backend, loadBackend, type TfjsDevice } from "./backends.ts";
import { KeptFeeds } from "./kept.ts";
import { compile } from "./plan.ts";
import { TfjsSession } from "./session.ts";

/** TensorFlow.js on one of its backends, kernel by kernel: graph and gradients are vlrl's own. */
export class TfjsExecutor implements Executor {
  readonly name: string;
  readonly detail?: string;
  private readonly kept = new KeptFeeds();

  private constructor(readonly backend: Backend) {
    this.name = `tfjs-${backend.device}`;
    this.detail = backend.hardware ?? undefined;
  }

  /** Throws DeviceError where the device is not there. */
  static async open(device: TfjsDevice): Promise<TfjsExecutor> {
    return new TfjsExecutor(await loadBackend(device));
  }

  async create<Name extends string>(outputs: Record<Name, Tensor>): Promise<Session<Name>> {
    await this.backend.activate();
    return new TfjsSession<Name>(this.backend, compile(outputs, this.backend.traits), this.kept);
  }

  keep(arrays: Iterable<Feed>): void {
    this.kept.keep(arrays);
  }

  forget(arrays: Iterable<Feed>): void {
    this.kept.forget(arrays);
  }

  async close(): Promise<void> {
    this.kept.clear();
  }
}
