import { mkdir, rm } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { DataError, noting, type Problem, RecipeError, UserError } from "../core/errors.ts";
import type { Example, Scorer } from "../core/types.ts";
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
  /** weights of the rewards that enter the total, by name */
  rewardWeights: ReadonlyMap<string, number>;
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
export function engineStart({ model, seed, folder: root, stages }: RunPlan, folder: string, start: boolean): EngineStart {
  const { lora, freeze, recompute, frozen_dtype, slots, threads, executor, device } = model;
  const path = lora === null || lora.path === null || isAbsolute(lora.path) ? lora?.path : resolve(root, lora.path);
  const adapter = lora === null || !start ? null : { ...lora, path: path ?? null };
  return {
    folder,
    open: {
      seed,
      fresh: start && model.preset !== undefined,
      lora: adapter,
      freeze,
      recompute,
      frozenDtype: frozen_dtype,
      critic: stages.some(({ kind }) => kind === "ppo"),
    },
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
  const scorer = await createScorer(plan.rewards, { ...context, judges: plan.judges });
  let engine: Engine | undefined;
  try {
    const { train, held } = await openData(plan, environment, scorer);
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
    const rewardWeights = new Map(
      scorer.names.flatMap((name, i): [string, number][] => (scorer.counted.includes(name) ? [[name, plan.rewards[i]!.weight]] : [])),
    );
    return { engine, processor, environment, scorer, rewardWeights, train, held, configFolder: base, maxLength, close };
  } catch (error) {
    await engine?.close();
    await scorer.close();
    throw error;
  }
}

/** The recipe's datasets. Throws UserError with all that is wrong with either and with the first rows of both. */
export async function openData(plan: RunPlan, environment: Environment, scorer: Scorer): Promise<Pick<Crew, "train" | "held">> {
  const problems: Problem[] = [];
  const open = (split: "train" | "eval", spec: RunPlan["data"]["train"]) =>
    noting(problems, async () => {
      const dataset = await openDataset(spec, { folder: plan.folder, seed: plan.seed });
      await checkRows(`data.${split}`, dataset, environment, scorer);
      return dataset;
    });
  const train = await open("train", plan.data.train);
  const held = plan.data.eval === null ? null : await open("eval", plan.data.eval);
  if (train === null || problems.length > 0) throw new UserError(problems);
  return { train, held };
}

async function checkRows(field: string, dataset: Dataset, environment: Environment, scorer: Scorer): Promise<void> {
  const problems: Problem[] = [];
  for (let i = 0; i < Math.min(CHECKED_ROWS, dataset.size); i++) {
    const example = await dataset.at(i);
    for (const message of [...environment.check(example.fields), ...(await scorer.check(example))]) {
      problems.push(rowProblem(field, example, message));
    }
  }
  if (problems.length > 0) throw new DataError(problems);
}

/** What is wrong with a row of a dataset, `field` the recipe's name for that. */
export function rowProblem(field: string, { id }: Pick<Example, "id">, message: string): Problem {
  return { place: { file: id }, field, message, cure: "Name another field in the recipe, or put the row right." };
}

/** Throws RecipeError for the stages whose reference is the model without its adapter where it has none. */
export function checkReferences(stages: RunPlan["stages"], adapters: number): void {
  if (adapters > 0) return;
  const problems = stages
    .filter((stage) => stage.kind === "grpo" && stage.reference === "base")
    .map(({ name }) => ({
      place: { file: "recipe" },
      field: `stages.${name}.reference`,
      message: "the policy has no adapter that could be left off",
      cure: "Use reference: start, or train an adapter: model.lora.",
    }));
  if (problems.length > 0) throw new RecipeError(problems);
}

export function presetFolderOf(runDir: string): string {
  return join(runDir, "model");
}
