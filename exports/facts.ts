import { readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { parse, YAMLError } from "yaml";
import { z } from "zod";
import { loadState } from "../checkpoints/state.ts";
import { listCheckpoints } from "../checkpoints/store.ts";
import { exists } from "../core/atomic.ts";
import { CheckpointError } from "../core/errors.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import type { StoredModel } from "../models/merge.ts";
import { STAGE_KINDS } from "../trainers/options.ts";
import type { BaseModel, ModelCardFacts, RunFacts } from "./model-card.ts";

/** What is known of a folder's model, from the folder and the run that holds it. */
export async function cardFacts(
  folder: string,
  { folders, model, adapter }: StoredModel,
  { merged, onnx }: { merged: boolean; onnx: boolean },
): Promise<ModelCardFacts> {
  const run = await runOf(folder);
  const recipe = RecipeParts.parse(run?.recipe ?? {});
  const { preset, path, lora } = recipe.model ?? {};
  // a run with model.path and no model.lora that ended in an adapter went on from one
  const wentOn = adapter !== null && lora == null && path !== undefined;
  const from = wentOn ? path : lora?.path;
  return {
    name: recipe.name ?? basename(resolve(folder)),
    task: model.vision === null ? "text-generation" : "image-text-to-text",
    model: { parameters: parameterCount(model.parameters), model_type: model.modelType },
    license: await licenseOf(folders.base),
    base: preset !== undefined ? { kind: "preset", preset } : baseModel(wentOn ? folders.base : (path ?? folders.base)),
    adapter:
      adapter === null
        ? null
        : {
            rank: adapter.config.rank,
            alpha: adapter.config.alpha,
            modules: adapter.modules,
            parameters: adapter.parameters,
            from: from == null ? null : shortPath(from),
            merged,
          },
    run,
    onnx,
  };
}

const RecipeParts = z.looseObject({
  name: z.string().optional(),
  seed: z.number().optional(),
  model: z
    .looseObject({
      preset: z.string().optional(),
      path: z.string().optional(),
      lora: z.looseObject({ path: z.string().nullish() }).nullish(),
    })
    .optional(),
  stages: z.array(z.looseObject({ kind: z.enum(STAGE_KINDS), steps: z.number() })).optional(),
});

/** A card does not tell where on this machine a folder lies. */
function shortPath(path: string): string {
  return isAbsolute(path) ? basename(path) : path;
}

/** The Hub's downloads lie in folders that are named after the model. */
function baseModel(path: string): BaseModel {
  const cached = /(?:^|[/\\])models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\]/.exec(`${path}/`);
  return { kind: "path", path: shortPath(path), hubId: cached === null ? null : `${cached[1]}/${cached[2]}` };
}

/** The license that the card beside the base model names. */
async function licenseOf(base: string): Promise<string | null> {
  const file = join(base, "README.md");
  if (!(await exists(file))) return null;
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(await readFile(file, "utf8"))?.[1];
  if (front === undefined) return null;
  try {
    return z.object({ license: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/) }).parse(parse(front)).license;
  } catch {
    return null;
  }
}

/** The run that a checkpoint belongs to; null where the folder is none's. */
async function runOf(folder: string): Promise<RunFacts | null> {
  const runDir = basename(dirname(resolve(folder))) === "checkpoints" ? dirname(dirname(resolve(folder))) : null;
  if (await exists(join(folder, "state.json"))) return fromState(folder, runDir);
  return runDir !== null && (await exists(join(runDir, "recipe.yaml"))) ? fromRun(folder, runDir) : null;
}

const EvalResult = z
  .object({
    n: z.number(),
    accuracy: z.number(),
    accuracy_low: z.number(),
    accuracy_high: z.number(),
    reward: z.number().nullable(),
  })
  .catchall(z.number().nullable());
const Stages = z.array(
  z.object({
    name: z.string(),
    kind: z.enum([...STAGE_KINDS, "eval"]),
    steps: z.number(),
    wall_s: z.number(),
    tokens_per_s: z.number(),
    eval: EvalResult,
  }),
);
const NOT_JUDGED = { n: 0, accuracy: 0, accuracy_low: 0, accuracy_high: 1, reward: null };

async function fromState(folder: string, runDir: string | null): Promise<RunFacts> {
  const state = await loadState(folder);
  const file = join(folder, "state.json");
  const stages: RunFacts["stages"] = checked(Stages, state.stages, file, "stages");
  const { seed = 0, stages: planned = [] } = checked(RecipeParts, state.recipe, file, "recipe");
  const current = planned[state.stage.index];
  if (!state.finished && current !== undefined) {
    const seconds = Number(state.trainer.stage_seconds);
    stages.push({
      name: state.stage.name,
      kind: current.kind,
      steps: state.step,
      of: current.steps,
      wall_s: seconds,
      tokens_per_s: Number(state.trainer.stage_tokens) / Math.max(1e-9, seconds),
      eval: state.evaluation === null ? NOT_JUDGED : checked(EvalResult, state.evaluation, file, "evaluation"),
    });
  }
  const own = { stage: state.stage.name, step: state.step, folder: shortName(folder, runDir) };
  const earlier = (runDir === null ? [] : (await listCheckpoints(runDir)).checkpoints)
    .filter(({ state: { stage, step } }) => stage.index < state.stage.index || (stage.index === state.stage.index && step < state.step))
    .map((one) => ({ stage: one.state.stage.name, step: one.state.step, folder: shortName(one.folder, runDir) }));
  return { seed, recipe: state.recipe, stages, checkpoints: [...earlier, own] };
}

/** Without its state a checkpoint of a run still has the run's recipe, and its results where it is what the run ended with. */
async function fromRun(folder: string, runDir: string): Promise<RunFacts> {
  const [recipeFile, summaryFile] = [join(runDir, "recipe.yaml"), join(runDir, "summary.json")];
  const recipe = checked(RecipeParts, await parsedFile(recipeFile), recipeFile, "");
  const summary = (await exists(summaryFile)) ? checked(Summary, await parsedFile(summaryFile), summaryFile, "") : null;
  const last = summary !== null && basename(summary.checkpoint) === basename(resolve(folder));
  return { seed: recipe.seed ?? 0, recipe, stages: last ? summary.stages : [], checkpoints: [] };
}

/** YAML, which JSON is too; null where it is neither. */
async function parsedFile(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof YAMLError) return null;
    throw error;
  }
}

const Summary = z.object({ checkpoint: z.string(), stages: Stages });

/** A checkpoint's folder as the card names it: below its run, without where the run lies on this machine. */
function shortName(folder: string, runDir: string | null): string {
  const name = basename(resolve(folder));
  return runDir === null ? name : `${basename(runDir)}/checkpoints/${name}`;
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, file: string, field: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CheckpointError(
    parsed.error.issues.map(({ path, message }) => ({
      place: { file },
      field: [field, ...path].filter((part) => part !== "").join("."),
      message,
      cure: "Export a checkpoint as a run wrote it, or take this file away: the card then says less.",
    })),
  );
}
