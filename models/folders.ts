import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { exists } from "../core/atomic.ts";
import { CheckpointError } from "../core/errors.ts";

/** What a folder that is given as a model is made of: a model alone, or an adapter beside the name of the model that it stands on. */
export interface ModelFolders {
  /** holds config.json and the weights */
  base: string;
  /** holds adapter_config.json and its tensors, or null */
  adapter: string | null;
  /** holds the tokenizer's and processor's files: the folder itself where it has them */
  files: string;
}

const ADAPTER_CONFIG = "adapter_config.json";

export async function modelFolders(folder: string): Promise<ModelFolders> {
  const file = join(folder, ADAPTER_CONFIG);
  if (!(await exists(file))) return { base: folder, adapter: null, files: folder };
  const base = await baseOf(folder, file);
  return adapterFolders(folder, base);
}

/** Of an adapter and the base model that it stands on. */
export async function adapterFolders(adapter: string, base: string): Promise<ModelFolders> {
  const whole = (await exists(join(adapter, "tokenizer.json"))) && (await exists(join(adapter, "config.json")));
  return { base, adapter, files: whole ? adapter : base };
}

const Named = z.object({ base_model_name_or_path: z.string().nullish() });

async function baseOf(folder: string, file: string): Promise<string> {
  const baseModel = nameOfBase(await readFile(file, "utf8"));
  const candidates = isAbsolute(baseModel) ? [baseModel] : [resolve(folder, baseModel), resolve(baseModel)];
  for (const candidate of baseModel === "" ? [] : candidates) if (await exists(join(candidate, "config.json"))) return candidate;
  throw new CheckpointError({
    place: { file },
    field: "base_model_name_or_path",
    message: baseModel === "" ? "the adapter does not say which model it stands on" : `there is no model in ${JSON.stringify(baseModel)}`,
    cure: "Write the base model's folder in here. Or name both in the recipe: it as model.path, the adapter as model.lora.path.",
  });
}

/** An unreadable file names none: what is wrong with it is said where the adapter is read. */
function nameOfBase(text: string): string {
  try {
    return Named.parse(JSON.parse(text)).base_model_name_or_path ?? "";
  } catch {
    return "";
  }
}
