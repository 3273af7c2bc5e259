import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture } from "../engines/embedded/architecture.ts";
import { architectures, readArchitecture } from "../models/index.ts";
import { writeTinyFiles } from "../models/tiny/files.ts";

/** One model and the sizes its measurements run at; lengths in tokens. */
export interface BenchModel {
  name: string;
  model: Architecture;
  /** plain rows of a training step, and their length */
  train: { rows: number; length: number };
  /** a GRPO step: prompts x completions, tokens of each, pictures a prompt */
  grpo: { prompts: number; group: number; prompt: number; completion: number; tiles: number };
}

/** The two text shapes that PyTorch and TRL have been measured at elsewhere. */
function decoder(vocab: number, hidden: number, layers: number, inner: number): Architecture {
  return architectures.get("llama").build({
    model_type: "llama",
    vocab_size: vocab,
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    rms_norm_eps: 1e-5,
  });
}

async function tiny(): Promise<Architecture> {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-bench-"));
  try {
    await writeTinyFiles(folder);
    return await readArchitecture(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function benchModels(): Promise<BenchModel[]> {
  const grpo = { prompts: 16, group: 8, completion: 64, tiles: 0 };
  return [
    { name: "M1", model: decoder(128, 128, 4, 512), train: { rows: 32, length: 96 }, grpo: { ...grpo, prompt: 32 } },
    { name: "M2", model: decoder(512, 256, 6, 1024), train: { rows: 16, length: 128 }, grpo: { ...grpo, prompt: 64 } },
    {
      name: "quickstart",
      model: await tiny(),
      train: { rows: 32, length: 56 },
      grpo: { prompts: 16, group: 8, prompt: 34, completion: 24, tiles: 1 },
    },
  ];
}
