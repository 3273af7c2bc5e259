import { CheckpointError } from "../core/errors.ts";
import { narrowToHalf, widenHalf } from "../core/half.ts";
import { readWeights, type Weights } from "../core/safetensors.ts";
import { defaultLayout, layoutOf, type WeightLayout, writeWeights } from "../core/weight-layout.ts";
import type { Architecture } from "../engines/embedded/architecture.ts";
import type { WeightStore } from "../engines/embedded/engine.ts";
import { collapse } from "./adapter/collapse.ts";

/** A model's weights in a checkpoint's files: read tensor by tensor, written back in the layout and the types that they came in. */

export type Arrays = Record<string, Float32Array>;

export type Halves = Record<string, Uint16Array>;

export interface StoredWeights {
  weights: Arrays;
  /** bits of the parameters that are held in half precision, which `weights` lacks */
  halves: Halves;
  layout: WeightLayout;
  /** tensors of the files that are no parameters (buffers of older versions), as they are stored */
  others: ReadonlyMap<string, Uint8Array>;
}

/** Buffers that some versions of transformers wrote beside the parameters; they follow from config.json. */
const BUFFER = /\.(rotary_emb\.inv_freq|position_ids)$/;
const HEAD = "lm_head.weight";

/**
 * Reads exactly the model's tensors, those of `halved` rounded to binary16, one after the other. A missing, extra or wrong-shaped one is named,
 * and so is one that half precision can't hold.
 */
export async function readModelWeights(
  folder: string,
  model: Architecture,
  halved: ReadonlySet<string> = new Set(),
): Promise<StoredWeights> {
  const files = await readWeights(folder);
  checkTensors(files, model);
  const others = new Map<string, Uint8Array>();
  for (const name of files.tensors.keys()) if (BUFFER.test(name)) others.set(name, await files.readBytes(name));
  const weights: Arrays = {};
  const halves: Halves = {};
  for (const { name, shape } of model.parameters) {
    const values = await files.read(name, shape);
    if (halved.has(name)) halves[name] = halfOf(values, name, files.path);
    else weights[name] = values;
  }
  return { weights, halves, layout: layoutOf(files), others };
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
  if (problems.length > 0) throw new CheckpointError(collapse(problems).map((problem) => ({ place: { file: path }, ...problem })));
}

/** Bits of binary16. Exact for what was stored as such, and for bfloat16 but for values below 2^-17, which lose at most 2^-25. */
export function halfOf(values: Float32Array, field: string, file: string): Uint16Array {
  const bits = narrowToHalf(values);
  const lost = bits.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(values[i]));
  if (lost === -1) return bits;
  throw new CheckpointError({
    place: { file },
    field,
    message: `holds ${values[lost]}, more than the 65504 of half precision`,
    cure: "Leave model.frozen_dtype at float32.",
  });
}

function widened(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  widenHalf(bits, values);
  return values;
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

/** Writes along the layout, reads whatever layout it finds. What is held as halves does not change, and is not read again. */
export function modelStore(
  model: Architecture,
  { layout, others = new Map(), halves = {} }: Pick<StoredWeights, "layout"> & Partial<StoredWeights>,
): WeightStore {
  const trainedAs = layout.files.flatMap(({ tensors }) => tensors).filter(({ name }) => !others.has(name));
  return {
    exact: trainedAs.every(({ dtype }) => dtype === "F32"),
    write: (folder, weights) =>
      writeWeights(folder, layout, (name) => {
        const parameter = isTiedHead(name, model) ? embeddingOf(model) : name;
        const half = halves[parameter];
        return others.get(name) ?? (half === undefined ? weights[parameter]! : widened(half));
      }),
    async read(folder, weights) {
      const files = await readWeights(folder);
      for (const { name, shape } of model.parameters) if (!(name in halves)) await files.readInto(name, weights[name]!, shape);
    },
  };
}
