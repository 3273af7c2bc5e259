import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exists } from "../core/atomic.ts";
import { noting, type Problem, UserError } from "../core/errors.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { CAPACITY_STEP } from "../engines/embedded/cache.ts";
import { promptGraph, stepGraph } from "../engines/embedded/decode-graph.ts";
import { cacheBytes, peakBytes, policyBytes, sessionBytes } from "../engines/embedded/memory.ts";
import { planBatch } from "../engines/embedded/packing.ts";
import { layoutOf } from "../engines/embedded/pass.ts";
import type { Policy } from "../engines/embedded/policy.ts";
import { isLarge, SESSIONS_KEPT } from "../engines/embedded/sessions.ts";
import { lossGraph } from "../engines/embedded/train-graph.ts";
import type { EncodedPrompt, TrainRow } from "../engines/engine.ts";
import type { Tensor } from "../engines/graph/tensor.ts";
import { modelFolders } from "../models/folders.ts";
import { describePolicy } from "../models/open.ts";
import { firstRows } from "./first-rows.ts";
import { losses } from "./losses/index.ts";
import type { Optimizer, Sampling } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { updatesPerStep } from "./runner.ts";
import { checkReferences, engineStart, modelFolder } from "./setup.ts";
import { type StageNeeds, stageNeeds } from "./stage-needs.ts";

export interface Estimate {
  parameters: number;
  /** how many of them are trained */
  trained: number;
  /** the process at its largest: weights, gradients, moments, the cache, and the values of the largest pass */
  memory_mb: number;
  /** prompt and response tokens of one step; for grpo an upper bound, every completion as long as it may be */
  tokens_per_step: { stage: string; tokens: number }[];
  /** how many rows of the data all this was looked for in */
  rows: { train: number; eval: number };
}

/** Node with the libraries, the data, the screen and the engine's thread: measured. */
const PROCESS_BYTES = 300 * 2 ** 20;
/** Rows of the data that are looked at: more of them where every shape of a pass counts, and rows are small. */
const SAMPLE_ROWS = { large: 8, small: 128 };

/**
 * What a run will need, from the model's config, the headers of its weights and the first rows of its data; nothing is trained.
 * Throws UserError with all that would stop the run at its start, as far as that shows.
 */
export async function estimate(plan: RunPlan): Promise<Estimate> {
  const temporary = await mkdtemp(join(tmpdir(), "vlrl-"));
  try {
    const folder = await modelFolder(plan, join(temporary, "model"));
    const problems: Problem[] = [];
    const policy = await noting(problems, () => describePolicy(folder, engineStart(plan, folder, true).open));
    if (policy !== null) await noting(problems, () => checkReferences(plan.stages, policy.adapters.size));
    const wanted = policy === null || isLarge(policy.model) ? SAMPLE_ROWS.large : SAMPLE_ROWS.small;
    const rows = await noting(problems, async () => firstRows(plan, await processorFiles(folder), wanted));
    if (policy === null || rows === null || problems.length > 0) throw new UserError(problems);
    const training = plan.stages.map((stage, i): StageTraining => {
      const needs = stageNeeds(stage);
      return { needs, steps: stageSteps(needs, rows.stages[i]!) };
    });
    const tokens_per_step = plan.stages.map(({ name }, i) => {
      const { steps } = training[i]!;
      return { stage: name, tokens: Math.round(tokensOf(steps.flat()) / steps.length) };
    });
    const prompts = [...rows.stages.flat(), ...rows.held].map(({ prompt }) => prompt);
    return {
      parameters: parameterCount(policy.parameters),
      trained: parameterCount(policy.trained),
      memory_mb: Math.round(memory(plan, policy, prompts, training) / 2 ** 20),
      tokens_per_step,
      rows: rows.counts,
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

interface StageTraining {
  needs: StageNeeds;
  steps: TrainRow[][];
}

/** The folder of the tokenizer's files, or null where there is no model: opening the policy has told why. */
async function processorFiles(folder: string): Promise<string | null> {
  const folders = await noting([], () => modelFolders(folder));
  return folders !== null && (await exists(join(folders.files, "config.json"))) ? folders.files : null;
}

/** The rows of several steps: as many as there are sampled rows for, or one of them over and over. */
function stageSteps({ rowsPerStep }: StageNeeds, rows: readonly TrainRow[]): TrainRow[][] {
  const steps = Math.max(1, Math.floor(rows.length / rowsPerStep));
  return Array.from({ length: steps }, (_, step) =>
    Array.from({ length: rowsPerStep }, (_, i) => rows[(step * rowsPerStep + i) % rows.length]!),
  );
}

function tokensOf(rows: readonly TrainRow[]): number {
  return rows.reduce((sum, { prompt, completions }) => {
    return completions.reduce((own, { tokens }) => own + tokens.length, sum + prompt.tokens.length);
  }, 0);
}

function memory(plan: RunPlan, policy: Policy, prompts: readonly EncodedPrompt[], training: readonly StageTraining[]): number {
  const stages = training.map(({ needs, steps }) => ({ needs, steps: steps.map((rows) => stageShapes(needs, rows, policy)) }));
  const passes = stages.flatMap(({ needs, steps }) => {
    const loss = losses.get(needs.loss);
    return [...new Set(steps.flat())].map((shape) => lossGraph(policy, JSON.parse(shape), loss, needs.options, 1));
  });
  const updates = plan.stages.reduce((sum, stage) => sum + stage.steps * updatesPerStep(stage), 0);
  const sampling = stages.flatMap(({ needs }) => (needs.sampling === null ? [] : [needs.sampling]));
  if (plan.data.eval !== null) sampling.push(plan.evaluation.sampling);
  return policyBytes(policy, {
    process: PROCESS_BYTES,
    passes: [...passes, ...samplingPasses(plan, policy, prompts, sampling)].map(peakBytes),
    // rows are of many shapes: every update may bring one of its own, until as many are kept as may be
    sessions: Math.min(SESSIONS_KEPT, updates) * Math.max(...passes.map(sessionBytes)),
    moments: Math.max(...plan.stages.map(({ optimizer }) => momentsOf(optimizer))),
    accumulates: stages.some(({ steps }) => steps.some((shapes) => shapes.length > 1)),
    snapshots: stages.some(({ needs }) => needs.snapshot) ? 1 : 0,
    cache: Math.max(
      0,
      ...sampling.map(({ max_new_tokens }) => cacheBytes(policy.model, plan.model.slots, longest(prompts) + max_new_tokens)),
    ),
  });
}

/** Copies of the trained weights that an optimizer keeps: what Adafactor has of a matrix is next to nothing. */
function momentsOf({ adafactor }: Optimizer): number {
  if (adafactor === null) return 2;
  return adafactor.beta1 === null ? 0 : 1;
}

/** Shapes of the passes of one update, as JSON. */
function stageShapes({ update, micro, packing }: StageNeeds, rows: TrainRow[], { model }: Policy): string[] {
  const size = micro ?? update;
  // replayed groups are more rows than a step samples
  const all = Array.from({ length: update }, (_, i) => rows[i % rows.length]!);
  return Array.from({ length: Math.ceil(update / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
    .flatMap((part) => planBatch(part, model, packing))
    .map(({ shape }) => JSON.stringify(shape));
}

function longest(prompts: readonly EncodedPrompt[]): number {
  return prompts.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
}

/** The prompt pass of the longest prompt, and a step of decoding at each size of the cache. */
function samplingPasses(plan: RunPlan, policy: Policy, prompts: readonly EncodedPrompt[], sampling: Sampling[]): Record<string, Tensor>[] {
  if (sampling.length === 0) return [];
  const { slots } = plan.model;
  const furthest = Math.max(...sampling.map(({ max_new_tokens }) => max_new_tokens));
  const prompt = prompts.reduce((a, b) => (b.tokens.length > a.tokens.length ? b : a));
  const shape = { rows: Math.min(16, slots), length: prompt.tokens.length, pictures: layoutOf(prompt, policy.model) };
  const capacities = Array.from({ length: Math.ceil(furthest / CAPACITY_STEP) }, (_, i) => prompt.tokens.length + (i + 1) * CAPACITY_STEP);
  return [promptGraph(policy, shape, 1), ...capacities.map((capacity) => stepGraph(policy, slots, capacity, 1))];
}
