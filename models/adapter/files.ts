import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { atomicWrite, exists } from "../../core/atomic.ts";
import { CheckpointError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { readSafetensors, refusePickles, type Weights } from "../../core/safetensors.ts";
import type { TensorInfo } from "../../core/safetensors-header.ts";
import { type TensorToWrite, writeSafetensors } from "../../core/safetensors-write.ts";
import { collapse, type Finding } from "./collapse.ts";
import { type AdapterConfig, strengthOf } from "./config.ts";
import { parsePeftConfig, peftConfigText } from "./peft-config.ts";
import { isAllLinear, isTarget } from "./targets.ts";

/** The two matrices beside one linear module: y = W x + scaling * B A x. */
export interface AdapterPair {
  rank: number;
  alpha: number;
  scaling: number;
  inFeatures: number;
  outFeatures: number;
  /** [rank, inFeatures] */
  A: Float32Array;
  /** [outFeatures, rank] */
  B: Float32Array;
  /** the type in the file; F32 unless told otherwise */
  dtype?: "F32" | "F16" | "BF16";
}

export interface Adapter {
  config: AdapterConfig;
  /** by the module's path in the model, as PEFT has it */
  tensors: Map<string, AdapterPair>;
}

const CONFIG = "adapter_config.json";
const TENSORS = "adapter_model.safetensors";
const PREFIX = "base_model.model.";

/**
 * A LoRA adapter as Python's PEFT saves it.
 * Throws CheckpointError for files that are missing, damaged or pickled, for what is not plain LoRA, and for tensors that the config does
 * not account for. Whether a model has these modules is `checkAdapter`'s to say.
 */
export async function readAdapter(folder: string): Promise<Adapter> {
  const file = join(folder, CONFIG);
  if (!(await exists(file))) {
    throw new CheckpointError({
      place: { file: folder },
      message: `there is no ${CONFIG}`,
      cure: `Give a folder that PEFT's save_pretrained wrote: it holds ${CONFIG} and ${TENSORS}.`,
    });
  }
  const config = parsePeftConfig(await readFile(file, "utf8"), file);
  const path = join(folder, TENSORS);
  if (!(await exists(path))) await refusePickles(folder);
  const weights = await readSafetensors(path);
  const tensors = new Map<string, AdapterPair>();
  for (const [module, { A, B }] of pairsOf(weights, config)) {
    const [rank, inFeatures] = A.shape as [number, number];
    const { alpha, scaling } = strengthOf(module, config);
    // Where the two differ, the type that holds both.
    const dtype = A.dtype === B.dtype ? (A.dtype as "F32" | "F16" | "BF16") : "F32";
    const values = { A: await weights.read(A.name), B: await weights.read(B.name) };
    tensors.set(module, { rank, alpha, scaling, inFeatures, outFeatures: B.shape[0]!, ...values, dtype });
  }
  return { config, tensors };
}

type Infos = { A: TensorInfo; B: TensorInfo };

/** The tensors of every module, in the order of the file. */
function pairsOf({ path, tensors }: Weights, config: AdapterConfig): Map<string, Infos> {
  const found = new Map<string, Partial<Infos>>();
  const problems: Finding[] = [];
  for (const info of tensors.values()) {
    const match = /^base_model\.model\.(.+)\.lora_([AB])(?:\.default)?\.weight$/.exec(info.name);
    if (match === null) {
      problems.push({ field: info.name, ...reasonAgainst(info.name) });
      continue;
    }
    const [, module, side] = match as unknown as [string, string, "A" | "B"];
    const pair = found.get(module) ?? {};
    if (pair[side] !== undefined) problems.push({ field: info.name, message: `is the same tensor as ${pair[side].name}` });
    pair[side] = info;
    found.set(module, pair);
  }
  for (const [module, pair] of found) problems.push(...pairProblems(module, pair, config));
  if (found.size === 0 && problems.length === 0) problems.push({ message: "the adapter has no tensors" });
  if (problems.length > 0) throw new CheckpointError(collapse(problems).map((problem) => ({ place: { file: path }, ...problem })));
  return found as Map<string, Infos>;
}

function reasonAgainst(name: string): { message: string; cure?: string } {
  const merge = "Merge it into its base model with PEFT's merge_and_unload and give that folder as model.path.";
  if (name.includes("lora_embedding_")) return { message: "an adapter on embeddings is not supported", cure: merge };
  if (name.includes("lora_magnitude_vector")) return { message: "DoRA's magnitudes are not supported", cure: merge };
  if (/\.lora_B(\.default)?\.bias$/.test(name)) return { message: "a bias on B is not supported", cure: merge };
  if (name.includes("lora_")) return { message: `expected ${PREFIX}<module>.lora_A.weight or .lora_B.weight` };
  return { message: "a weight of the base model in the adapter (modules_to_save or a resized embedding) is not supported", cure: merge };
}

function pairProblems(module: string, { A, B }: Partial<Infos>, config: AdapterConfig): Finding[] {
  const key = `${PREFIX}${module}.lora_${A === undefined ? "A" : "B"}.weight`;
  if (A === undefined || B === undefined)
    return [{ field: key, message: "this tensor is missing", cure: "A and B come in pairs: is the file whole?" }];
  const { rank } = strengthOf(module, config);
  const problems: Finding[] = [];
  if (A.shape.length !== 2 || A.shape[0] !== rank)
    problems.push({ field: A.name, message: `expected shape [${rank}, in], got [${A.shape}]` });
  if (B.shape.length !== 2 || B.shape[1] !== rank)
    problems.push({ field: B.name, message: `expected shape [out, ${rank}], got [${B.shape}]` });
  for (const { name, dtype } of [A, B]) {
    if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16")
      problems.push({ field: name, message: `expected F32, F16 or BF16, got ${dtype}` });
  }
  if (problems.length > 0) return problems.map((problem) => ({ ...problem, cure: "Do the two files belong to one adapter?" }));
  if (!isTarget(module, config)) {
    return [
      {
        field: A.name,
        message: `${CONFIG} does not target this module, so PEFT would not load it`,
        cure: "Do the two files belong to one adapter?",
      },
    ];
  }
  return [];
}

/**
 * Compares an adapter with the linear modules of a model, by path, each [out, in].
 * Throws CheckpointError, all problems at once: a module that the model does not have, one of another shape, one that the config targets
 * and the adapter lacks.
 */
export function checkAdapter({ config, tensors }: Adapter, modules: ReadonlyMap<string, readonly [number, number]>, folder: string): void {
  const problems: Finding[] = [];
  for (const [module, { inFeatures, outFeatures }] of tensors) {
    const shape = modules.get(module);
    if (shape === undefined) {
      const near = nearest(module, [...modules.keys()]);
      const cure = near === null ? "Was the adapter trained on another model?" : `The nearest one is ${near}.`;
      problems.push({ field: module, message: "the model has no such linear module", cure });
    } else if (shape[0] !== outFeatures || shape[1] !== inFeatures) {
      const message = `the adapter is for a weight of [${outFeatures}, ${inFeatures}], the model's is [${shape}]`;
      problems.push({ field: module, message, cure: "Give the adapter's own base model as model.path." });
    }
  }
  // "all-linear" means what was linear when the adapter was made, the head aside: its tensors say.
  for (const module of isAllLinear(config.targets) ? [] : modules.keys()) {
    if (!tensors.has(module) && isTarget(module, config)) {
      problems.push({
        field: module,
        message: `${CONFIG} targets this module, but the adapter has no tensors for it`,
        cure: "Is the file whole?",
      });
    }
  }
  if (problems.length > 0) throw new CheckpointError(collapse(problems).map((problem) => ({ place: { file: folder }, ...problem })));
}

/**
 * Writes the two files that PEFT's `PeftModel.from_pretrained` loads, the config last.
 * Throws CheckpointError where the disk is full.
 */
export async function writeAdapter(folder: string, { config, tensors }: Adapter, { baseModel }: { baseModel: string }): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries = [...tensors].flatMap(([module, { rank, inFeatures, outFeatures, A, B, dtype = "F32" }]): [string, TensorToWrite][] => [
    [`${PREFIX}${module}.lora_A.weight`, { shape: [rank, inFeatures], data: A, dtype }],
    [`${PREFIX}${module}.lora_B.weight`, { shape: [outFeatures, rank], data: B, dtype }],
  ]);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  await writeSafetensors(join(folder, TENSORS), new Map(entries));
  await atomicWrite(join(folder, CONFIG), peftConfigText(config, [...tensors.keys()], baseModel));
}
