import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { noting, type Problem, RecipeError, UserError } from "../core/errors.ts";
import { readWeights } from "../core/safetensors.ts";
import { checkFloats } from "../core/tensor-bytes.ts";
import { adapterParameters, type Adapter as GraphAdapter } from "../engines/embedded/adapter.ts";
import type { Architecture } from "../engines/embedded/architecture.ts";
import type { WeightStore } from "../engines/embedded/engine.ts";
import { initialWeights } from "../engines/embedded/initialize.ts";
import { type Policy, policyOf } from "../engines/embedded/policy.ts";
import { readAdapter } from "./adapter/files.ts";
import { adapterConfig, type LoraOptions } from "./adapter/options.ts";
import { adapterStore, newAdapters, storedAdapters } from "./adapter/store.ts";
import { type ModelFolders, modelFolders } from "./folders.ts";
import { readArchitecture } from "./index.ts";
import { type Arrays, checkTensors, type Halves, halfOf, modelStore, newLayout, readModelWeights, type StoredWeights } from "./weights.ts";

export interface OpenOptions {
  /** what a new adapter starts from, and a model's weights where `fresh` lets them */
  seed?: number;
  /** a folder without weights is a model to make from nothing; otherwise they have to be there */
  fresh?: boolean;
  /** train an adapter; null trains the model, or the adapter that the folder holds */
  lora?: LoraOptions | null;
  freeze?: readonly string[];
  recompute?: boolean;
  /** what parameters that are not trained are held in: half precision takes half the memory, and is widened wherever it is used */
  frozenDtype?: "float32" | "float16";
  /** with a critic, which starts at 0 */
  critic?: boolean;
}

/** A policy ready for an engine. */
export interface OpenModel {
  policy: Policy;
  weights: Arrays;
  halves: Halves;
  store: WeightStore;
}

/** Opens a Hugging Face folder: a whole model, or an adapter beside the name of the model that it stands on. */
export async function openModel(folder: string, options: OpenOptions): Promise<OpenModel> {
  const folders = await modelFolders(folder);
  const model = await readArchitecture(folders.base);
  refuseFrozen(folders.adapter, options.freeze);
  const { adapter, policy } = await openPolicy(folders, model, options);
  const base = await baseWeights(folders.base, model, policy.halves, options.fresh ? (options.seed ?? 0) : null);
  const store = modelStore(model, base);
  const head = initialWeights({ parameters: policy.critic }, options.seed ?? 0);
  if (adapter === null) return { policy, weights: { ...base.weights, ...head }, halves: base.halves, store };
  // an adapter is nothing without the very weights that it stands on
  if (!hasWeights(folders.base)) await store.write(folders.base, base.weights);
  return { policy, weights: { ...base.weights, ...adapter.weights, ...head }, halves: base.halves, store: adapter.store };
}

/**
 * The policy that `openModel` would open, without the base's weights: of them the headers alone are read.
 * Throws UserError with all that would keep `openModel` from opening it.
 */
export async function describePolicy(folder: string, options: OpenOptions): Promise<Policy> {
  const folders = await modelFolders(folder);
  const model = await readArchitecture(folders.base);
  const problems: Problem[] = [];
  if (!options.fresh || hasWeights(folders.base)) await noting(problems, () => checkBaseWeights(folders.base, model));
  await noting(problems, () => refuseFrozen(folders.adapter, options.freeze));
  const opened = await noting(problems, () => openPolicy(folders, model, options));
  if (opened === null || problems.length > 0) throw new UserError(problems);
  return opened.policy;
}

async function openPolicy(
  folders: ModelFolders,
  model: Architecture,
  { seed = 0, lora = null, freeze, recompute, frozenDtype, critic }: OpenOptions,
) {
  const adapter = await openAdapter(model, folders.base, folders.adapter, lora, seed);
  return { adapter, policy: policyOf(model, { adapters: adapter?.adapters, freeze, recompute, frozenDtype, critic }) };
}

/** Throws CheckpointError where the files can't hold the model's weights. */
async function checkBaseWeights(folder: string, model: Architecture): Promise<void> {
  const files = await readWeights(folder);
  checkTensors(files, model);
  checkFloats(model.parameters.map(({ name }) => files.tensors.get(name)!));
}

/** Beside an adapter everything is frozen: patterns would say nothing. For a new adapter the recipe's schema says so. */
function refuseFrozen(adapter: string | null, freeze: readonly string[] = []): void {
  if (adapter === null || freeze.length === 0) return;
  throw new RecipeError({
    place: { file: adapter },
    field: "model.freeze",
    message: "this folder is an adapter, and nothing but it is trained",
    cure: "Leave model.freeze out.",
  });
}

async function baseWeights(folder: string, model: Architecture, halved: ReadonlySet<string>, seed: number | null): Promise<StoredWeights> {
  // where there must be weights, reading says best what is missing
  if (seed === null || hasWeights(folder)) return readModelWeights(folder, model, halved);
  const all = Object.entries(initialWeights(model, seed));
  return {
    weights: Object.fromEntries(all.filter(([name]) => !halved.has(name))),
    halves: Object.fromEntries(all.filter(([name]) => halved.has(name)).map(([name, values]) => [name, halfOf(values, name, folder)])),
    layout: newLayout(model),
    others: new Map(),
  };
}

interface OpenAdapter {
  adapters: GraphAdapter[];
  weights: Arrays;
  store: WeightStore;
}

/** The adapter that a folder holds, or the one that is asked for, or none. */
async function openAdapter(
  model: Architecture,
  base: string,
  folder: string | null,
  lora: LoraOptions | null,
  seed: number,
): Promise<OpenAdapter | null> {
  if (folder !== null && lora !== null) {
    throw new RecipeError({
      place: { file: folder },
      field: "model.lora",
      message: "this folder is an adapter itself",
      cure: "Leave model.lora out to train that adapter on, or merge it first: vlrl merge.",
    });
  }
  const stored = folder ?? lora?.path ?? null;
  if (stored !== null) {
    const adapter = await readAdapter(stored);
    const { adapters, weights } = storedAdapters(model, adapter, stored);
    const types = new Map([...adapter.tensors].map(([module, { dtype }]) => [module, dtype]));
    return { adapters, weights, store: adapterStore(model, adapters, adapter.config, resolve(base), types) };
  }
  if (lora === null) return null;
  const config = adapterConfig(lora);
  const adapters = newAdapters(model, config);
  const weights = initialWeights({ parameters: adapterParameters(model, adapters) }, seed);
  return { adapters, weights, store: adapterStore(model, adapters, config, resolve(base)) };
}

export function hasWeights(folder: string): boolean {
  return ["model.safetensors", "model.safetensors.index.json"].some((name) => existsSync(join(folder, name)));
}
