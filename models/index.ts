import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../core/errors.ts";
import { registry } from "../core/registry.ts";
import type { Architecture } from "../engines/embedded/architecture.ts";
import { causalLm } from "./causal-lm.ts";
import {
  readLlamaConfig,
  readQwen2Config,
  readQwen3Config,
  readQwen3VlConfig,
  readQwen25VlConfig,
  readSmolLm3Config,
  readSmolVlmConfig,
} from "./config/index.ts";
import { qwen3Vl, qwen25Vl } from "./qwen-vl.ts";
import { smolVlm } from "./smolvlm.ts";

/** Architectures by the `model_type` of config.json. */
export const architectures = registry<{ name: string; build: (config: unknown) => Architecture }>("model type", [
  { name: "llama", build: (json) => causalLm("llama", readLlamaConfig(json)) },
  { name: "smollm3", build: (json) => causalLm("smollm3", readSmolLm3Config(json)) },
  { name: "qwen2", build: (json) => causalLm("qwen2", readQwen2Config(json)) },
  { name: "qwen3", build: (json) => causalLm("qwen3", readQwen3Config(json)) },
  { name: "smolvlm", build: (json) => smolVlm("smolvlm", readSmolVlmConfig(json)) },
  { name: "idefics3", build: (json) => smolVlm("idefics3", readSmolVlmConfig(json)) },
  { name: "qwen2_5_vl", build: (json) => qwen25Vl("qwen2_5_vl", readQwen25VlConfig(json)) },
  { name: "qwen3_vl", build: (json) => qwen3Vl("qwen3_vl", readQwen3VlConfig(json)) },
]);

/** The architecture that a checkpoint folder's config.json describes. */
export async function readArchitecture(folder: string): Promise<Architecture> {
  const file = join(folder, "config.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new CheckpointError({
      place: { file },
      message: error.code === "ENOENT" ? "there is no config.json" : error.message,
      cure: "A model folder holds config.json, model.safetensors and the tokenizer's files.",
    });
  });
  return parseArchitecture(text, file);
}

export function parseArchitecture(text: string, file: string): Architecture {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new CheckpointError({ place: { file }, message: `not JSON: ${(error as Error).message}` });
  }
  const type = z.looseObject({ model_type: z.string() }).safeParse(json);
  if (!type.success) throw new CheckpointError({ place: { file }, field: "model_type", message: "missing or not a string" });
  const name = type.data.model_type;
  if (!architectures.has(name)) {
    throw new CheckpointError({
      place: { file },
      field: "model_type",
      message: `"${name}" is not one of ${architectures.names.join(", ")}`,
    });
  }
  try {
    return architectures.get(name).build(json);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new CheckpointError(error.issues.map((issue) => ({ place: { file }, field: issue.path.join("."), message: issue.message })));
  }
}
