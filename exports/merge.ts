import { CheckpointError } from "../core/errors.ts";
import type { StoredType } from "../core/safetensors-header.ts";
import { type OnTensor, openStored, writeMerged } from "../models/merge.ts";
import { newFolder, refuseFull, type Written } from "./new-folder.ts";

/** Told how many bytes are written of how many. What it throws ends the work, and nothing is left behind. */
export type OnProgress = (done: number, total: number) => void;

/** Adds up what each tensor had. */
export function counting(total: number, onProgress: OnProgress): OnTensor {
  let done = 0;
  return (bytes) => {
    done += bytes;
    onProgress(done, total);
  };
}

export interface MergeOptions {
  /** a PEFT folder, or a checkpoint of a run with `model.lora` */
  adapter: string;
  out: string;
  /** the base model, where the adapter does not name it or it lies elsewhere by now */
  base?: string;
}

export interface Merged extends Written {
  base: string;
  /** linear modules that were changed */
  modules: number;
  /** types that the sums were rounded to, once: none where the base model is float32 */
  rounded: StoredType[];
}

/** Merges an adapter into its base model and writes the whole model as a Hugging Face folder. */
export async function mergeAdapter({ adapter, out, base }: MergeOptions, onProgress: OnProgress = () => {}): Promise<Merged> {
  await refuseFull(out);
  const stored = await openStored(adapter, { base });
  if (stored.adapter === null) {
    throw new CheckpointError({
      place: { file: adapter },
      message: "there is no adapter_config.json: this is a whole model, not an adapter",
      cure: "There is nothing to merge. To copy it without training state: vlrl export.",
    });
  }
  const { folders, bytes } = stored;
  const written = await newFolder(out, (target) => writeMerged(target, stored, counting(bytes, onProgress)), bytes);
  const { modules, types } = stored.adapter;
  return { ...written, base: folders.base, modules, rounded: types.filter((type) => type !== "F32") };
}
