import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exists } from "../core/atomic.ts";
import { noting, type Problem, UserError } from "../core/errors.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { promptGraph, stepGraph } from "../engines/embedded/decode-graph.ts";
import { CAPACITY_STEP } from "../engines/embedded/generate.ts";
import { cacheBytes, peakBytes, policyBytes, sessionBytes } from "../engines/embedded/memory.ts";
import { layoutOf, planPasses } from "../engines/embedded/pass.ts";
import type { Policy } from "../engines/embedded/policy.ts";
import { isLarge, SESSIONS_KEPT } from "../engines/embedded/sessions.ts";
import { lossGraph } from "../engines/embedded/train-graph.ts";
import type { TrainRow } from "../engines/engine.ts";
import type { Tensor } from "../engines/graph/tensor.ts";
import { modelFolders } from "../models/folders.ts";
import { describePolicy } from "../models/open.ts";
import { type FirstRow, firstRows } from "./first-rows.ts";
import { losses } from "./losses/index.ts";
import type { Sampling, Stage } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { updatesPerStep } from "./runner.ts";
import { checkReferences, engineStart, modelFolder } from "./setup.ts";

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
    const training = plan.stages.map((stage, i) => stageSteps(stage, rows.stages[i]!));
    const tokens_per_step = plan.stages.map((stage, i) => ({
      stage: stage.name,
      tokens: Math.round(tokensOf(training[i]!.flat()) / training[i]!.length),
    }));
    return {
      parameters: parameterCount(policy.parameters),
      trained: parameterCount(policy.trained),
      memory_mb: Math.round(memory(plan, policy, [...rows.stages.flat(), ...rows.held], training) / 2 ** 20),
      tokens_per_step,
      rows: rows.counts,
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The folder of the tokenizer's files, or null where there is no model: opening the policy has told why. */
async function processorFiles(folder: string): Promise<string | null> {
  const folders = await noting([], () => modelFolders(folder));
  return folders !== null && (await exists(join(folders.files, "config.json"))) ? folders.files : null;
}

/** The rows of several steps: as many as there are sampled rows for, or one of them over and over. */
function stageSteps(stage: Stage, rows: FirstRow[]): TrainRow[][] {
  const count = stage.kind === "sft" ? stage.batch_size : stage.groups_per_step;
  const members = stage.kind === "sft" ? 1 : stage.group_size;
  const row = (i: number): TrainRow => {
    const { prompt, after } = rows[i % rows.length]!;
    return { prompt, completions: Array(members).fill({ tokens: new Int32Array(after), fields: {} }) };
  };
  const steps = Math.max(1, Math.floor(rows.length / count));
  return Array.from({ length: steps }, (_, step) => Array.from({ length: count }, (_, i) => row(step * count + i)));
}

function tokensOf(rows: readonly TrainRow[]): number {
  return rows.reduce((sum, { prompt, completions }) => {
    return completions.reduce((own, { tokens }) => own + tokens.length, sum + prompt.tokens.length);
  }, 0);
}

function memory(plan: RunPlan, policy: Policy, rows: FirstRow[], training: TrainRow[][][]): number {
  const stages = plan.stages.map((stage, i) => ({ stage, steps: training[i]!.map((rows) => stageShapes(stage, rows, policy)) }));
  const passes = stages.flatMap(({ stage, steps }) => {
    const grpo = stage.kind === "grpo";
    const loss = losses.get(grpo ? stage.loss : "cross_entropy");
    const options: Record<string, number> = grpo ? { clip_low: stage.clip_low, clip_high: stage.clip_high, kl_coef: stage.kl_coef } : {};
    return [...new Set(steps.flat())].map((shape) => lossGraph(policy, JSON.parse(shape), loss, options, 1));
  });
  const updates = plan.stages.reduce((sum, stage) => sum + stage.steps * updatesPerStep(stage), 0);
  const sampling = plan.stages.flatMap((stage) => (stage.kind === "grpo" ? [stage.sampling] : []));
  if (plan.data.eval !== null) sampling.push(plan.evaluation.sampling);
  return policyBytes(policy, {
    process: PROCESS_BYTES,
    passes: [...passes, ...samplingPasses(plan, policy, rows, sampling)].map(peakBytes),
    // rows are of many shapes: every update may bring one of its own, until as many are kept as may be
    sessions: Math.min(SESSIONS_KEPT, updates) * Math.max(...passes.map(sessionBytes)),
    updates: true,
    accumulates: stages.some(({ steps }) => steps.some((shapes) => shapes.length > 1)),
    snapshots: plan.stages.some((stage) => stage.kind === "grpo" && stage.kl_coef > 0 && stage.reference === "start") ? 1 : 0,
    cache: Math.max(0, ...sampling.map(({ max_new_tokens }) => cacheBytes(policy.model, plan.model.slots, longest(rows) + max_new_tokens))),
  });
}

/** Shapes of the passes of one update, as JSON. */
function stageShapes(stage: Stage, rows: TrainRow[], { model }: Policy): string[] {
  const update = stage.kind === "sft" ? rows.length : Math.ceil(rows.length / stage.minibatches);
  const micro = (stage.kind === "sft" ? stage.micro_batch_size : stage.micro_batch_groups) ?? update;
  return Array.from({ length: Math.ceil(update / micro) }, (_, i) => rows.slice(i * micro, Math.min(update, (i + 1) * micro)))
    .flatMap((part) => planPasses(part, model))
    .map(({ shape }) => JSON.stringify(shape));
}

function longest(rows: readonly FirstRow[]): number {
  return rows.reduce((most, { prompt }) => Math.max(most, prompt.tokens.length), 0);
}

/** The prompt pass of the longest prompt, and a step of decoding at each size of the cache. */
function samplingPasses(plan: RunPlan, policy: Policy, rows: FirstRow[], sampling: Sampling[]): Record<string, Tensor>[] {
  if (sampling.length === 0) return [];
  const { slots } = plan.model;
  const furthest = Math.max(...sampling.map(({ max_new_tokens }) => max_new_tokens));
  const { prompt } = rows.reduce((a, b) => (b.prompt.tokens.length > a.prompt.tokens.length ? b : a));
  const shape = { rows: Math.min(16, slots), length: prompt.tokens.length, pictures: layoutOf(prompt, policy.model) };
  const capacities = Array.from({ length: Math.ceil(furthest / CAPACITY_STEP) }, (_, i) => prompt.tokens.length + (i + 1) * CAPACITY_STEP);
  return [promptGraph(policy, shape, 1), ...capacities.map((capacity) => stepGraph(policy, slots, capacity, 1))];
}
