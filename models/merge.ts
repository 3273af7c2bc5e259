import { copyFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exists } from "../core/atomic.ts";
import { CheckpointError } from "../core/errors.ts";
import { readWeights } from "../core/safetensors.ts";
import { bytesOf, type StoredType } from "../core/safetensors-header.ts";
import type { TensorData } from "../core/safetensors-write.ts";
import { layoutOf, type WeightLayout, writeWeights } from "../core/weight-layout.ts";
import type { Adapter as GraphAdapter } from "../engines/embedded/adapter.ts";
import type { Architecture } from "../engines/embedded/architecture.ts";
import type { AdapterConfig } from "./adapter/config.ts";
import { readAdapter, writeAdapter } from "./adapter/files.ts";
import { mergeInto } from "./adapter/merge.ts";
import { storedAdapters } from "./adapter/store.ts";
import { adapterFolders, type ModelFolders, modelFolders } from "./folders.ts";
import { readArchitecture } from "./index.ts";
import { FolderFiles } from "./processor/files.ts";
import { checkTensors } from "./weights.ts";

/**
 * A model as it lies on the disk, an adapter's update added to the weights on their way from one folder to another. Of the model one tensor
 * at a time is in memory, of the adapter all of it.
 */
export interface StoredModel {
  folders: ModelFolders;
  model: Architecture;
  /** where the weights lie in the base model's files */
  layout: WeightLayout;
  adapter: StoredAdapter | null;
  /** of all tensors in their files */
  bytes: number;
  /** a tensor for its place in the layout: the file's own bytes, or float32 values where the adapter changes it */
  read(name: string): Promise<TensorData>;
}

export interface StoredAdapter {
  config: AdapterConfig;
  /** linear modules that it stands on */
  modules: number;
  /** numbers in all its A and B */
  parameters: number;
  /** types of the weights that it changes, as they are stored: adding to one that is not F32 rounds the sum once */
  types: StoredType[];
}

/** Told after every tensor how many bytes it had in its file. What it throws ends the work. */
export type OnTensor = (bytes: number) => void;

/**
 * Opens a model's folder, or an adapter's with the base model that it names; `base` takes another folder for the latter.
 * Throws CheckpointError where a file is missing or damaged, and where model, weights and adapter are not of one kind.
 */
export async function openStored(folder: string, { base }: { base?: string } = {}): Promise<StoredModel> {
  const folders = await foldersOf(folder, base);
  const model = await readArchitecture(folders.base);
  const weights = await readWeights(folders.base);
  checkTensors(weights, model);
  const layout = layoutOf(weights);
  const bytes = layout.files.flatMap((file) => file.tensors).reduce((sum, place) => sum + bytesOf(place), 0);
  if (folders.adapter === null) return { folders, model, layout, adapter: null, bytes, read: (name) => weights.readBytes(name) };

  const adapter = await readAdapter(folders.adapter);
  const parts = storedAdapters(model, adapter, folders.adapter);
  const onWeight = new Map(parts.adapters.map((one): [string, GraphAdapter] => [`${one.layer}.weight`, one]));
  return {
    folders,
    model,
    layout,
    adapter: {
      config: adapter.config,
      modules: parts.adapters.length,
      parameters: Object.values(parts.weights).reduce((sum, { length }) => sum + length, 0),
      types: [...new Set([...onWeight.keys()].map((name) => weights.tensors.get(name)!.dtype))].sort(),
    },
    bytes,
    async read(name) {
      const one = onWeight.get(name);
      if (one === undefined) return weights.readBytes(name);
      const values = await weights.read(name);
      mergeInto(values, parts.weights[one.down]!, parts.weights[one.up]!, one.scaling);
      return values;
    },
  };
}

async function foldersOf(folder: string, base: string | undefined): Promise<ModelFolders> {
  if (!(await exists(folder))) {
    const cure = "Give a model's folder, a checkpoint of a run, or a folder that PEFT's save_pretrained wrote.";
    throw new CheckpointError({ place: { file: folder }, message: "there is no such folder", cure });
  }
  if (base === undefined) return modelFolders(folder).catch((error: unknown) => Promise.reject(withBaseOption(error)));
  for (const [file, cure] of [
    [base, "Name the folder of the model that the adapter stands on."],
    [join(base, "config.json"), "A model folder holds config.json, model.safetensors and the tokenizer's files."],
  ] as const) {
    if (!(await exists(file))) throw new CheckpointError({ place: { file }, message: "there is no such file or folder", cure });
  }
  if (await exists(join(base, "adapter_config.json"))) {
    const cure = "Merge that one into its base model first and name what comes out.";
    throw new CheckpointError({ place: { file: base }, message: "the base model is an adapter itself", cure });
  }
  return adapterFolders(folder, base);
}

/** Where an adapter's base model is not found, the command line can name it. */
function withBaseOption(error: unknown): unknown {
  if (!(error instanceof CheckpointError) || error.problems[0]?.field !== "base_model_name_or_path") return error;
  const cure = "Name the base model's folder: vlrl merge <adapter> --base <folder> --out <folder>. Or write it in here.";
  return new CheckpointError(error.problems.map((problem) => ({ ...problem, cure })));
}

/**
 * Writes a whole Hugging Face folder: config.json, the weights in the base model's own files and types with the adapter added, and the
 * tokenizer's, processor's and generation files. Nothing of a run's training state is taken along.
 */
export async function writeMerged(target: string, { folders, layout, read }: StoredModel, onTensor: OnTensor): Promise<void> {
  const sizes = new Map(layout.files.flatMap(({ tensors }) => tensors.map((place) => [place.name, bytesOf(place)])));
  await (await FolderFiles.read(folders.files)).copyTo(target);
  await copyFile(join(folders.base, "config.json"), join(target, "config.json"));
  await writeWeights(target, layout, async (name) => {
    const data = await read(name);
    onTensor(sizes.get(name)!);
    return data;
  });
}

/** Writes the adapter alone, as PEFT reads it, with the folder of its base model by its whole path, and the files beside it. */
export async function writeUnmerged(target: string, { folders }: StoredModel): Promise<void> {
  if (folders.adapter === null) throw new Error(`${folders.base} has no adapter`);
  const files = await FolderFiles.read(folders.files);
  await files.copyTo(target);
  // the template of a prompt may be the adapter's own: with config.json beside it this folder's files are the ones that count
  if (folders.files === folders.adapter) await copyFile(join(folders.adapter, "config.json"), join(target, "config.json"));
  await writeAdapter(target, await readAdapter(folders.adapter), { baseModel: resolve(folders.base) });
}
