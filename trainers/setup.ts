import { mkdir, rm } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { DataError, noting, type Problem, problemText, RecipeError, UserError } from "../core/errors.ts";
import type { Example, Scorer } from "../core/types.ts";
import type { Dataset } from "../datasets/define.ts";
import { openDataset } from "../datasets/index.ts";
import type { Engine } from "../engines/engine.ts";
import { type Environment, resolveEnvironment } from "../environments/index.ts";
import type { Processor } from "../models/processor.ts";
import { type EngineStart, startEngine } from "./engine.ts";
import type { RunPlan } from "./plan.ts";
import { openRewards, type RewardSet, type RewardSets } from "./reward-sets.ts";
import { stageStarts } from "./stage-needs.ts";
import { isRewarded, ownRewards } from "./stage-rewards.ts";

/** Everything that works during a run; its rewards are those of the stage that works with it, or the recipe's. */
export interface Crew extends RewardSet {
  engine: Engine;
  processor: Processor;
  environment: Environment;
  rewards: RewardSets;
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
  const [{ loadProcessor }, { modelFolders }] = await Promise.all([import("../models/processor/load.ts"), import("../models/folders.ts")]);
  const environment = resolveEnvironment(plan.environment);
  const rewards = await openRewards(plan);
  let engine: Engine | undefined;
  try {
    const { train, held } = await openData(plan, environment, rewards);
    const { base, files } = await modelFolders(folder);
    const { max_pixels, min_pixels, max_length } = plan.model;
    const processor = await loadProcessor(files, { maxPixels: max_pixels, minPixels: min_pixels });
    engine = await startEngine(engineStart(plan, folder, start));
    const started = engine;
    const close = async () => {
      await started.close();
      await rewards.close();
    };
    const maxLength = max_length ?? processor.contextLength;
    return { engine, processor, environment, rewards, ...rewards.recipe, train, held, configFolder: base, maxLength, close };
  } catch (error) {
    await engine?.close();
    await rewards.close();
    throw error;
  }
}

/** The recipe's datasets. Throws UserError with all that is wrong with either and with the rows that stages and evaluation begin with. */
export async function openData(plan: RunPlan, environment: Environment, rewards: RewardSets): Promise<Pick<Crew, "train" | "held">> {
  const problems: Problem[] = [];
  const open = (split: "train" | "eval", spec: RunPlan["data"]["train"], takings: Taking[]) =>
    noting(problems, async () => {
      const dataset = await openDataset(spec, { folder: plan.folder, seed: plan.seed });
      await checkRows(`data.${split}`, dataset, environment, takings);
      return dataset;
    });
  const evaluation: Taking = { first: 0, scorer: rewards.recipe.scorer };
  const train = await open("train", plan.data.train, trainTakings(plan, rewards));
  const held = plan.data.eval === null ? null : await open("eval", plan.data.eval, [evaluation]);
  if (train === null || problems.length > 0) throw new UserError(problems);
  return { train, held };
}

/** Who takes rows of a dataset, from which on, and the rewards that they are scored by. */
interface Taking {
  first: number;
  /** null where nothing is scored */
  scorer: Scorer | null;
  /** whose own rewards they are; the recipe's unless given */
  stage?: string;
}

/** Where stages have rewards of their own, each row is checked by those of the stage that begins with it; else the first rows by the recipe's. */
function trainTakings({ stages }: RunPlan, rewards: RewardSets): Taking[] {
  if (stages.every((stage) => ownRewards(stage) === null)) return [{ first: 0, scorer: rewards.recipe.scorer }];
  const starts = stageStarts(stages);
  return stages.map((stage, i): Taking => {
    const own = ownRewards(stage) === null ? {} : { stage: stage.name };
    return { first: starts[i]!, scorer: isRewarded(stage) ? rewards.of(stage.name).scorer : null, ...own };
  });
}

async function checkRows(field: string, dataset: Dataset, environment: Environment, takings: readonly Taking[]): Promise<void> {
  const problems: Problem[] = [];
  for (const { first, scorer, stage } of takings) {
    for (let i = first; i < first + Math.min(CHECKED_ROWS, dataset.size); i++) {
      const example = await dataset.at(i);
      const ill = ((await scorer?.check(example)) ?? []).map((message) => (stage === undefined ? message : `stage "${stage}": ${message}`));
      for (const message of [...environment.check(example.fields), ...ill]) problems.push(rowProblem(field, example, message));
    }
  }
  const told = new Map(problems.map((problem) => [problemText(problem), problem]));
  if (told.size > 0) throw new DataError([...told.values()]);
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
