import type { DeviceValue, Executor, HostFeed, Session, SessionOptions, Traffic } from "../executor.ts";
import type { Tensor } from "../graph/tensor.ts";
import { HostValue } from "../host-value.ts";
import { DeviceMemory } from "./memory.ts";
import { runtime } from "./runtime.ts";
import { type OnnxOptions, OnnxSession, ortTensor } from "./session.ts";
import { OnnxValue } from "./value.ts";

/** ONNX Runtime on one of its execution providers. On the processor it reads fed arrays where they lie: there is nothing to keep. */
export class OnnxExecutor implements Executor {
  readonly name: string;
  readonly remote: boolean;
  readonly holds: boolean;
  readonly traffic: Traffic;
  /** null on the processor, whose memory is the host's */
  private readonly memory: DeviceMemory | null;

  constructor(private readonly options: OnnxOptions) {
    const device = options.device ?? "cpu";
    this.name = `onnx-${device}`;
    this.memory = device === "cpu" ? null : new DeviceMemory(device);
    this.remote = this.memory !== null;
    this.holds = this.memory === null || this.memory.transfer !== null;
    this.traffic = this.memory?.traffic ?? { toDevice: 0, toHost: 0 };
  }

  create<Name extends string>(outputs: Record<Name, Tensor>, { lean }: SessionOptions = {}): Promise<Session<Name>> {
    return OnnxSession.create(outputs, { ...this.options, lean }, this.memory);
  }

  keep(arrays: Iterable<HostFeed>): void {
    this.memory?.kept.keep(arrays);
  }

  forget(arrays: Iterable<HostFeed>): void {
    this.memory?.kept.forget(arrays);
  }

  async upload(data: HostFeed, shape: readonly number[]): Promise<DeviceValue> {
    const transfer = this.memory?.transfer ?? null;
    if (transfer === null) return new HostValue(data.slice(), shape);
    return new OnnxValue(transfer, await transfer.toDevice(ortTensor(await runtime(), data, shape)), shape);
  }

  async close(): Promise<void> {
    await this.memory?.close();
  }
}
