import { mkdir, rm } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { DataError, type Problem } from "../core/errors.ts";
import type { Scorer } from "../core/types.ts";
import type { Dataset } from "../datasets/define.ts";
import { openDataset } from "../datasets/index.ts";
import type { Engine } from "../engines/engine.ts";
import { type Environment, resolveEnvironment } from "../environments/index.ts";
import type { Processor } from "../models/processor.ts";
import { createScorer } from "../rewards/compose.ts";
import { type EngineStart, startEngine } from "./engine.ts";
import type { RunPlan } from "./plan.ts";

/** Everything that works during a run. */
export interface Crew {
  engine: Engine;
  processor: Processor;
  environment: Environment;
  scorer: Scorer;
  train: Dataset;
  held: Dataset | null;
  /** the folder with the model's config.json, which every checkpoint takes along */
  configFolder: string;
  /** the most tokens of a prompt with its completion; null where nothing says */
  maxLength: number | null;
  close(): Promise<void>;
}

/** How many rows of each dataset are checked against environment and rewards before anything runs. */
const CHECKED_ROWS = 8;

/** The model's folder: the recipe's own, or a preset's files written where the run can find them again. */
export async function modelFolder({ model, folder }: Pick<RunPlan, "model" | "folder">, presetFolder: string): Promise<string> {
  if (model.path !== undefined) return isAbsolute(model.path) ? model.path : resolve(folder, model.path);
  const { writeTinyFiles } = await import("../models/tiny/files.ts");
  await rm(presetFolder, { recursive: true, force: true });
  await mkdir(presetFolder, { recursive: true });
  await writeTinyFiles(presetFolder);
  return presetFolder;
}

/** How the engine is to be started: `start` is a run's beginning, when adapters and presets are made; later they are in the folder. */
export function engineStart({ model, seed, folder: root }: RunPlan, folder: string, start: boolean): EngineStart {
  const { lora, freeze, recompute, frozen_dtype, slots, threads, executor, device } = model;
  const path = lora === null || lora.path === null || isAbsolute(lora.path) ? lora?.path : resolve(root, lora.path);
  const adapter = lora === null || !start ? null : { ...lora, path: path ?? null };
  return {
    folder,
    open: { seed, fresh: start && model.preset !== undefined, lora: adapter, freeze, recompute, frozenDtype: frozen_dtype },
    slots,
    threads,
    on: { executor, device },
  };
}

/** Opens data, rewards, environment, processor and engine; what does not fit together is a DataError before anything runs. */
export async function assemble(plan: RunPlan, folder: string, { start }: { start: boolean }): Promise<Crew> {
  const context = { folder: plan.folder, seed: plan.seed };
  const [{ loadProcessor }, { modelFolders }] = await Promise.all([import("../models/processor/load.ts"), import("../models/folders.ts")]);
  const environment = resolveEnvironment(plan.environment);
  const scorer = await createScorer(plan.rewards, context);
  let engine: Engine | undefined;
  try {
    const train = await openDataset(plan.data.train, context);
    const held = plan.data.eval === null ? null : await openDataset(plan.data.eval, context);
    await checkRows("data.train", train, environment, scorer);
    if (held !== null) await checkRows("data.eval", held, environment, scorer);
    const { base, files } = await modelFolders(folder);
    const { max_pixels, min_pixels, max_length } = plan.model;
    const processor = await loadProcessor(files, { maxPixels: max_pixels, minPixels: min_pixels });
    engine = await startEngine(engineStart(plan, folder, start));
    const started = engine;
    const close = async () => {
      await started.close();
      await scorer.close();
    };
    const maxLength = max_length ?? processor.contextLength;
    return { engine, processor, environment, scorer, train, held, configFolder: base, maxLength, close };
  } catch (error) {
    await engine?.close();
    await scorer.close();
    throw error;
  }
}

async function checkRows(field: string, dataset: Dataset, environment: Environment, scorer: Scorer): Promise<void> {
  const problems: Problem[] = [];
  for (let i = 0; i < Math.min(CHECKED_ROWS, dataset.size); i++) {
    const example = await dataset.at(i);
    for (const message of [...environment.check(example.fields), ...(await scorer.check(example))]) {
      problems.push({ place: { file: example.id }, field, message, cure: "Name another field in the recipe, or put the row right." });
    }
  }
  if (problems.length > 0) throw new DataError(problems);
}

export function presetFolderOf(runDir: string): string {
  return join(runDir, "model");
}
