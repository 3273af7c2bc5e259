import type { Engine } from "../engines/engine.ts";
import { WorkerEngine } from "../engines/worker/client.ts";

export interface EngineStart {
  /** a checkpoint folder; without weights in it, they start from `seed` */
  folder: string;
  /** null where weights must be there */
  seed: number | null;
  slots: number;
  threads: number;
}

/** The embedded engine on a thread of its own. */
export function startEngine(options: EngineStart): Promise<Engine> {
  const file = import.meta.url.endsWith(".ts") ? "./engine-thread.ts" : "./engine-thread.js";
  return WorkerEngine.start(new URL(file, import.meta.url), options);
}
