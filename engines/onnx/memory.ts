import type { Tensor as OrtTensor } from "onnxruntime-node";
import type { Traffic } from "../executor.ts";
import { KeptFeeds } from "../kept.ts";
import type { OnnxDevice } from "./runtime.ts";
import { Transfer } from "./transfer.ts";

/** The memory of a device apart from the host's, for all sessions of an executor. */
export class DeviceMemory {
  readonly traffic: Traffic = { toDevice: 0, toHost: 0 };
  readonly kept = new KeptFeeds<Upload>();
  /** null where tensors cannot stay there: ONNX Runtime's binding for Node (1.30) knows no other device's than WebGPU's */
  readonly transfer: Transfer | null;

  constructor(device: OnnxDevice) {
    this.transfer = device === "webgpu" ? new Transfer(device, this.traffic) : null;
  }

  async close(): Promise<void> {
    this.kept.clear();
    await this.transfer?.close();
  }
}

/** A tensor on its way to the device. */
export class Upload {
  constructor(readonly tensor: Promise<OrtTensor>) {}

  dispose(): void {
    this.tensor.then(
      (tensor) => tensor.dispose(),
      // one that never arrived takes up nothing
      () => {},
    );
  }
}
