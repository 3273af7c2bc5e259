import type { Executor, HostFeed, Session, Traffic } from "../executor.ts";
import type { Tensor } from "../graph/tensor.ts";
import { KeptFeeds } from "../kept.ts";
import { type Backend, loadBackend, type TfjsDevice } from "./backends.ts";
import type { TfTensor } from "./library.ts";
import { compile } from "./plan.ts";
import { makeTensor, TfjsSession } from "./session.ts";
import { TfjsValue } from "./value.ts";

/** TensorFlow.js on one of its backends, kernel by kernel: graph and gradients are vlrl's own. */
export class TfjsExecutor implements Executor {
  readonly name: string;
  readonly detail?: string;
  readonly remote: boolean;
  readonly holds = true;
  readonly traffic: Traffic = { toDevice: 0, toHost: 0 };
  private readonly kept = new KeptFeeds<TfTensor>();

  private constructor(readonly backend: Backend) {
    this.name = `tfjs-${backend.device}`;
    this.detail = backend.hardware ?? undefined;
    // the memory of WebAssembly is one of its own
    this.remote = backend.device !== "cpu";
  }

  /** Throws DeviceError where the device is not there. */
  static async open(device: TfjsDevice): Promise<TfjsExecutor> {
    return new TfjsExecutor(await loadBackend(device));
  }

  async create<Name extends string>(outputs: Record<Name, Tensor>): Promise<Session<Name>> {
    await this.backend.activate();
    return new TfjsSession<Name>(this.backend, compile(outputs, this.backend.traits), this.kept, this.remote ? this.traffic : null);
  }

  keep(arrays: Iterable<HostFeed>): void {
    this.kept.keep(arrays);
  }

  forget(arrays: Iterable<HostFeed>): void {
    this.kept.forget(arrays);
  }

  async upload(data: HostFeed, shape: readonly number[]): Promise<TfjsValue> {
    await this.backend.activate();
    const traffic = this.remote ? this.traffic : null;
    // a backend on the host would go on reading the very array
    return new TfjsValue(this.backend, makeTensor(this.backend, data.slice(), shape, traffic), shape, traffic);
  }

  async close(): Promise<void> {
    this.kept.clear();
  }
}
