import { existsSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { EmbeddedEngine, readModelWeights } from "../engines/embedded/engine.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import { serveEngine } from "../engines/worker/server.ts";
import { readArchitecture } from "../models/index.ts";
import type { EngineStart } from "./engine.ts";
import { losses } from "./losses/index.ts";

/** The engine's thread: joins the models' table and the losses' table to the embedded engine. */
const { folder, seed, slots, threads } = workerData as EngineStart;

await serveEngine(parentPort!, async () => {
  const model = await readArchitecture(folder);
  const saved = existsSync(join(folder, "model.safetensors")) || existsSync(join(folder, "model.safetensors.index.json"));
  // where there must be weights, reading says best what is missing
  const weights = saved || seed === null ? await readModelWeights(folder, model) : initialWeights(model, seed);
  return new EmbeddedEngine(model, weights, losses, { slots, threads });
});
