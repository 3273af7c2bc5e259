import { CheckpointError } from "../core/errors.ts";
import { readWeights, type Weights } from "../core/safetensors.ts";
import { defaultLayout, layoutOf, type WeightLayout, writeWeights } from "../core/weight-layout.ts";
import type { Architecture, ParameterSpec } from "../engines/embedded/architecture.ts";
import type { WeightStore } from "../engines/embedded/engine.ts";

/** A model's weights in a checkpoint's files: read tensor by tensor, written back in the layout and the types that they came in. */

export type Arrays = Record<string, Float32Array>;

export interface StoredWeights {
  weights: Arrays;
  layout: WeightLayout;
  /** tensors of the files that are no parameters (buffers of older versions), as they are stored */
  others: ReadonlyMap<string, Uint8Array>;
}

/** Buffers that some versions of transformers wrote beside the parameters; they follow from config.json. */
const BUFFER = /\.(rotary_emb\.inv_freq|position_ids)$/;
const HEAD = "lm_head.weight";

/** Reads exactly the model's tensors; a missing, extra or wrong-shaped one is named. */
export async function readModelWeights(folder: string, model: Architecture): Promise<StoredWeights> {
  const files = await readWeights(folder);
  checkTensors(files, model);
  const others = new Map<string, Uint8Array>();
  for (const name of files.tensors.keys()) if (BUFFER.test(name)) others.set(name, await files.readBytes(name));
  return { weights: await readParameters(files, model.parameters), layout: layoutOf(files), others };
}

/** Compares names and shapes without reading a weight. Throws CheckpointError with all that differ. */
export function checkTensors({ path, tensors }: Weights, model: Architecture): void {
  const own = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
  const cure = "Does config.json belong to these weights?";
  const problems = [
    ...[...own].flatMap(([field, shape]) => {
      const stored = tensors.get(field);
      if (stored === undefined) return [{ field, message: "this tensor of the model is missing", cure }];
      return `${stored.shape}` === `${shape}` ? [] : [{ field, message: `expected shape [${shape}], got [${stored.shape}]`, cure }];
    }),
    // a tied model's files may hold the head once more; Python does not look at it either
    ...[...tensors.keys()]
      .filter((name) => !own.has(name) && !BUFFER.test(name) && !isTiedHead(name, model))
      .map((field) => ({ field, message: "the model has no such tensor", cure })),
  ];
  if (problems.length > 0) throw new CheckpointError(problems.map((problem) => ({ place: { file: path }, ...problem })));
}

async function readParameters(files: Weights, parameters: readonly ParameterSpec[]): Promise<Arrays> {
  const out: Arrays = {};
  for (const { name, shape } of parameters) out[name] = await files.read(name, shape);
  return out;
}

function embeddingOf({ parameters }: Architecture): string {
  return parameters.find(({ name }) => name.endsWith("embed_tokens.weight"))!.name;
}

function isTiedHead(name: string, { parameters }: Architecture): boolean {
  return name === HEAD && !parameters.some((parameter) => parameter.name === HEAD);
}

/** The layout of a model made from nothing: one file of float32. */
export function newLayout({ parameters }: Architecture): WeightLayout {
  return defaultLayout(parameters);
}

/** Writes along the layout, reads whatever layout it finds. */
export function modelStore(model: Architecture, layout: WeightLayout, others: StoredWeights["others"]): WeightStore {
  const trainedAs = layout.files.flatMap(({ tensors }) => tensors).filter(({ name }) => !others.has(name));
  return {
    exact: trainedAs.every(({ dtype }) => dtype === "F32"),
    write: (folder, weights) =>
      writeWeights(folder, layout, (name) => others.get(name) ?? weights[isTiedHead(name, model) ? embeddingOf(model) : name]!),
    async read(folder, weights) {
      const files = await readWeights(folder);
      for (const { name, shape } of model.parameters) await files.readInto(name, weights[name]!, shape);
    },
  };
}
