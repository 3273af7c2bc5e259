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
import { startEngine } from "./engine.ts";
import type { RunPlan } from "./plan.ts";

/** Everything that works during a run. */
export interface Crew {
  engine: Engine;
  processor: Processor;
  environment: Environment;
  scorer: Scorer;
  train: Dataset;
  held: Dataset | null;
  /** the folder the model came from, whose config.json every checkpoint takes along */
  folder: string;
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

/** Opens data, rewards, environment, processor and engine; what does not fit together is a DataError before anything runs. */
export async function assemble(plan: RunPlan, folder: string, seed: number | null): Promise<Crew> {
  const context = { folder: plan.folder, seed: plan.seed };
  const { loadProcessor } = await import("../models/processor/load.ts");
  const environment = resolveEnvironment(plan.environment);
  const scorer = await createScorer(plan.rewards, context);
  let engine: Engine | undefined;
  try {
    const train = await openDataset(plan.data.train, context);
    const held = plan.data.eval === null ? null : await openDataset(plan.data.eval, context);
    await checkRows("data.train", train, environment, scorer);
    if (held !== null) await checkRows("data.eval", held, environment, scorer);
    const processor = await loadProcessor(folder);
    engine = await startEngine({ folder, seed, slots: plan.model.slots, threads: plan.model.threads });
    const started = engine;
    const close = async () => {
      await started.close();
      await scorer.close();
    };
    return { engine, processor, environment, scorer, train, held, folder, close };
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
