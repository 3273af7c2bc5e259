import { existsSync } from "node:fs";
import { join } from "node:path";
import type { WeightStore } from "../engines/embedded/engine.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import { type Policy, policyOf } from "../engines/embedded/policy.ts";
import { readArchitecture } from "./index.ts";
import { type Arrays, modelStore, newLayout, readModelWeights } from "./weights.ts";

export interface OpenOptions {
  /** where a folder has no weights they start from this seed; null wants them to be there */
  seed?: number | null;
  freeze?: readonly string[];
  recompute?: boolean;
}

/** A policy ready for an engine. */
export interface OpenModel {
  policy: Policy;
  weights: Arrays;
  store: WeightStore;
}

/** Opens a Hugging Face folder: a whole model, or an adapter beside the name of the model that it stands on. */
export async function openModel(folder: string, { seed = null, freeze, recompute }: OpenOptions): Promise<OpenModel> {
  const model = await readArchitecture(folder);
  const policy = policyOf(model, { freeze, recompute });
  // where there must be weights, reading says best what is missing
  if (seed === null || hasWeights(folder)) {
    const { weights, layout, others } = await readModelWeights(folder, model);
    return { policy, weights, store: modelStore(model, layout, others) };
  }
  return { policy, weights: initialWeights(model, seed), store: modelStore(model, newLayout(model), new Map()) };
}

export function hasWeights(folder: string): boolean {
  return ["model.safetensors", "model.safetensors.index.json"].some((name) => existsSync(join(folder, name)));
}
