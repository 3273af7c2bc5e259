import { parentPort, workerData } from "node:worker_threads";
import { openExecutor } from "../engines/devices.ts";
import { EmbeddedEngine } from "../engines/embedded/engine.ts";
import { serveEngine } from "../engines/worker/server.ts";
import { openModel } from "../models/open.ts";
import type { EngineStart } from "./engine.ts";
import { losses } from "./losses/index.ts";

/** The engine's thread: joins the models' table and the losses' table to the embedded engine. */
const { folder, open, slots, threads, on = { executor: "onnx", device: "cpu" } } = workerData as EngineStart;

await serveEngine(parentPort!, async () => {
  const { policy, weights, halves, store } = await openModel(folder, open);
  const executor = await openExecutor({ ...on, threads });
  return new EmbeddedEngine(policy, weights, losses, store, { slots, threads, halves, executor });
});
