import type { Adapter as GraphAdapter } from "../../engines/embedded/adapter.ts";
import type { Architecture } from "../../engines/embedded/architecture.ts";
import type { WeightStore } from "../../engines/embedded/engine.ts";
import { type AdapterConfig, strengthOf } from "./config.ts";
import { type Adapter, type AdapterPair, checkAdapter, readAdapter, writeAdapter } from "./files.ts";
import { targetsOf } from "./targets.ts";

/** Adapters between PEFT's files, where modules have Python's paths, and the engine, where layers have the checkpoint's names. */

type Arrays = Record<string, Float32Array>;

/** [out, in] of a model's linear layers by Python's path. */
export function linearModules({ parameters, moduleOf }: Architecture): Map<string, { layer: string; shape: [number, number] }> {
  const layers = parameters.filter(({ linear }) => linear === true);
  return new Map(
    layers.map(({ name, shape }) => {
      const layer = name.slice(0, -".weight".length);
      return [moduleOf(layer), { layer, shape: shape as [number, number] }];
    }),
  );
}

function graphAdapter(module: string, layer: string, config: AdapterConfig): GraphAdapter {
  const { rank, scaling } = strengthOf(module, config);
  const name = (side: "A" | "B") => `base_model.model.${module}.lora_${side}.weight`;
  return { layer, rank, scaling, dropout: config.dropout, down: name("A"), up: name("B") };
}

/** What a new adapter puts on a model's layers. Throws RecipeError where a target fits none. */
export function newAdapters(model: Architecture, config: AdapterConfig): GraphAdapter[] {
  const modules = linearModules(model);
  return targetsOf([...modules.keys()], config, { file: "recipe" }).map((module) =>
    graphAdapter(module, modules.get(module)!.layer, config),
  );
}

/** An adapter's parts for the engine, and their weights by name. Throws CheckpointError where it does not fit the model. */
export function storedAdapters(model: Architecture, adapter: Adapter, folder: string): { adapters: GraphAdapter[]; weights: Arrays } {
  const modules = linearModules(model);
  checkAdapter(adapter, new Map([...modules].map(([module, { shape }]) => [module, shape])), folder);
  // in the model's order, as a new adapter has them: sums and the noise of dropout depend on it, and a file has another
  const adapters = [...modules]
    .filter(([module]) => adapter.tensors.has(module))
    .map(([module, { layer }]) => graphAdapter(module, layer, adapter.config));
  const weights: Arrays = {};
  for (const [module, { A, B }] of adapter.tensors) {
    const { down, up } = graphAdapter(module, modules.get(module)!.layer, adapter.config);
    weights[down] = A;
    weights[up] = B;
  }
  return { adapters, weights };
}

/** Writes and reads the adapter alone. `types`: what each module's tensors are stored as, float32 unless told otherwise. */
export function adapterStore(
  model: Architecture,
  adapters: readonly GraphAdapter[],
  config: AdapterConfig,
  baseModel: string,
  types: ReadonlyMap<string, AdapterPair["dtype"]> = new Map(),
): WeightStore {
  const modules = linearModules(model);
  const moduleOf = new Map([...modules].map(([module, { layer }]) => [layer, module]));
  const shapes = new Map([...modules.values()].map(({ layer, shape }) => [layer, shape]));
  const pair = ({ layer, rank, scaling, down, up }: GraphAdapter, weights: Readonly<Arrays>): [string, AdapterPair] => {
    const module = moduleOf.get(layer)!;
    const [outFeatures, inFeatures] = shapes.get(layer)!;
    const { alpha } = strengthOf(module, config);
    const dtype = types.get(module);
    return [module, { rank, alpha, scaling, inFeatures, outFeatures, A: weights[down]!, B: weights[up]!, dtype }];
  };
  return {
    exact: adapters.every(({ layer }) => (types.get(moduleOf.get(layer)!) ?? "F32") === "F32"),
    write: (folder, weights) =>
      writeAdapter(folder, { config, tensors: new Map(adapters.map((adapter) => pair(adapter, weights))) }, { baseModel }),
    async read(folder, weights) {
      const stored = storedAdapters(model, await readAdapter(folder), folder).weights;
      for (const { down, up } of adapters) {
        weights[down]!.set(stored[down]!);
        weights[up]!.set(stored[up]!);
      }
    },
  };
}
