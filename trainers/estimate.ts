import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataset } from "../datasets/index.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { promptGraph, stepGraph } from "../engines/embedded/decode-graph.ts";
import { CAPACITY_STEP } from "../engines/embedded/generate.ts";
import { cacheBytes, peakBytes, policyBytes } from "../engines/embedded/memory.ts";
import { layoutOf, planPasses } from "../engines/embedded/pass.ts";
import type { Policy } from "../engines/embedded/policy.ts";
import { isLarge } from "../engines/embedded/sessions.ts";
import { lossGraph } from "../engines/embedded/train-graph.ts";
import type { EncodedPrompt, TrainRow } from "../engines/engine.ts";
import { resolveEnvironment } from "../environments/index.ts";
import { modelFolders } from "../models/folders.ts";
import { describePolicy } from "../models/open.ts";
import { losses } from "./losses/index.ts";
import { lossOptions } from "./losses/spec.ts";
import type { Sampling, Stage } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { engineStart, modelFolder } from "./setup.ts";

export interface Estimate {
  parameters: number;
  /** how many of them are trained */
  trained: number;
  /** the process at its largest: weights, gradients, moments, the cache, and the values of the largest pass */
  memory_mb: number;
  /** prompt and response tokens of one step; for grpo an upper bound, every completion as long as it may be */
  tokens_per_step: { stage: string; tokens: number }[];
}

/** Node with the libraries, the data, the screen and the engine's thread: measured. */
const PROCESS_BYTES = 400 * 2 ** 20;
/** Rows of the data that are looked at: more of them where every shape of a pass counts, and rows are small. */
const SAMPLE_ROWS = { large: 8, small: 128 };

/** A row of the data as a stage would train it. */
interface SampledRow {
  prompt: EncodedPrompt;
  fields: Record<string, unknown>;
}

/** What a run will need, from the model's config and a few rows of its data; no weight is read and nothing is trained. */
export async function estimate(plan: RunPlan): Promise<Estimate> {
  const temporary = await mkdtemp(join(tmpdir(), "vlrl-"));
  try {
    const folder = await modelFolder(plan, join(temporary, "model"));
    const policy = await describePolicy(folder, engineStart(plan, folder, true).open);
    const wanted = isLarge(policy.model) ? SAMPLE_ROWS.large : SAMPLE_ROWS.small;
    const { encode, rows } = await sampleRows(plan, (await modelFolders(folder)).files, wanted);
    const training = plan.stages.map((stage) => stageSteps(stage, rows, encode));
    const tokens_per_step = plan.stages.map((stage, i) => ({
      stage: stage.name,
      tokens: Math.round(tokensOf(training[i]!.flat()) / training[i]!.length),
    }));
    return {
      parameters: parameterCount(policy.parameters),
      trained: parameterCount(policy.trained),
      memory_mb: Math.round(memory(plan, policy, rows, training) / 2 ** 20),
      tokens_per_step,
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function sampleRows(plan: RunPlan, files: string, wanted: number) {
  const { loadProcessor } = await import("../models/processor/load.ts");
  const { max_pixels, min_pixels } = plan.model;
  const processor = await loadProcessor(files, { maxPixels: max_pixels, minPixels: min_pixels });
  const environment = resolveEnvironment(plan.environment);
  const dataset = await openDataset(plan.data.train, { folder: plan.folder, seed: plan.seed });
  const rows: SampledRow[] = [];
  for (let i = 0; i < Math.min(wanted, dataset.size); i++) {
    const { fields } = await dataset.at(i);
    rows.push({ fields, prompt: (await processor.encodePrompt(environment.start(fields))).prompt });
  }
  return { rows, encode: processor.encode };
}

/** The rows of several steps: as many as there are sampled rows for, or one of them over and over. */
function stageSteps(stage: Stage, rows: SampledRow[], encode: (text: string) => Int32Array): TrainRow[][] {
  const completion = (length: number) => ({ tokens: new Int32Array(length), fields: {} });
  const count = stage.kind === "sft" ? stage.batch_size : stage.groups_per_step;
  const row = (i: number): TrainRow => {
    const { prompt, fields } = rows[i % rows.length]!;
    if (stage.kind === "grpo") return { prompt, completions: Array(stage.group_size).fill(completion(stage.sampling.max_new_tokens)) };
    return { prompt, completions: [completion(encode(String(fields[stage.response_field] ?? "")).length + 1)] };
  };
  const steps = Math.max(1, Math.floor(rows.length / count));
  return Array.from({ length: steps }, (_, step) => Array.from({ length: count }, (_, i) => row(step * count + i)));
}

function tokensOf(rows: readonly TrainRow[]): number {
  return rows.reduce((sum, { prompt, completions }) => {
    return completions.reduce((own, { tokens }) => own + tokens.length, sum + prompt.tokens.length);
  }, 0);
}

function memory(plan: RunPlan, policy: Policy, rows: SampledRow[], training: TrainRow[][][]): number {
  const stages = plan.stages.map((stage, i) => ({ stage, steps: training[i]!.map((rows) => stageShapes(stage, rows, policy)) }));
  const passes = stages.flatMap(({ stage, steps }) => {
    const grpo = stage.kind === "grpo";
    const loss = losses.get(grpo ? stage.loss : "cross_entropy");
    const options = grpo ? lossOptions(stage) : {};
    return [...new Set(steps.flat())].map((shape) => peakBytes(lossGraph(policy, JSON.parse(shape), loss, options, 1)));
  });
  const sampling = plan.stages.flatMap((stage) => (stage.kind === "grpo" ? [stage.sampling] : []));
  if (plan.data.eval !== null) sampling.push(plan.evaluation.sampling);
  return policyBytes(policy, {
    process: PROCESS_BYTES,
    passes: [...passes, ...samplingPasses(plan, policy, rows, sampling)],
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

function longest(rows: readonly SampledRow[]): number {
  return rows.reduce((most, { prompt }) => Math.max(most, prompt.tokens.length), 0);
}

/** The prompt pass of the longest prompt, and a step of decoding at each size of the cache. */
function samplingPasses(plan: RunPlan, policy: Policy, rows: SampledRow[], sampling: Sampling[]): number[] {
  if (sampling.length === 0) return [];
  const { slots } = plan.model;
  const furthest = Math.max(...sampling.map(({ max_new_tokens }) => max_new_tokens));
  const { prompt } = rows.reduce((a, b) => (b.prompt.tokens.length > a.prompt.tokens.length ? b : a));
  const shape = { rows: Math.min(16, slots), length: prompt.tokens.length, pictures: layoutOf(prompt, policy.model) };
  const capacities = Array.from({ length: Math.ceil(furthest / CAPACITY_STEP) }, (_, i) => prompt.tokens.length + (i + 1) * CAPACITY_STEP);
  return [promptGraph(policy, shape, 1), ...capacities.map((capacity) => stepGraph(policy, slots, capacity, 1))].map(peakBytes);
}
