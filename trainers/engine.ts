import { type DeviceChoice, prepareProcess } from "../engines/devices.ts";
import type { Engine } from "../engines/engine.ts";
import { WorkerEngine } from "../engines/worker/client.ts";
import type { OpenOptions } from "../models/open.ts";

export interface EngineStart {
  /** a model's folder, a checkpoint's or an adapter's */
  folder: string;
  open: OpenOptions;
  slots: number;
  threads: number;
  /** ONNX Runtime on the processor where it is left out */
  on?: Pick<DeviceChoice, "executor" | "device">;
}

/** The embedded engine on a thread of its own. */
export function startEngine(options: EngineStart): Promise<Engine> {
  prepareProcess();
  const file = import.meta.url.endsWith(".ts") ? "./engine-thread.ts" : "./engine-thread.js";
  return WorkerEngine.start(new URL(file, import.meta.url), options);
}
