import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataset } from "../datasets/index.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { promptGraph, stepGraph } from "../engines/embedded/decode-graph.ts";
import { cacheBytes, peakBytes, policyBytes } from "../engines/embedded/memory.ts";
import { layoutOf, planPasses } from "../engines/embedded/pass.ts";
import type { Policy } from "../engines/embedded/policy.ts";
import { lossGraph } from "../engines/embedded/train-graph.ts";
import type { EncodedPrompt, TrainRow } from "../engines/engine.ts";
import { resolveEnvironment } from "../environments/index.ts";
import { modelFolders } from "../models/folders.ts";
import { describePolicy } from "../models/open.ts";
import { losses } from "./losses/index.ts";
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

const SAMPLE_ROWS = 8;

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
    const { encode, rows } = await sampleRows(plan, (await modelFolders(folder)).files);
    const training = plan.stages.map((stage) => stageRows(stage, rows, encode));
    const tokens_per_step = plan.stages.map((stage, i) => ({ stage: stage.name, tokens: tokensOf(training[i]!) }));
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

async function sampleRows(plan: RunPlan, files: string) {
  const { loadProcessor } = await import("../models/processor/load.ts");
  const { max_pixels, min_pixels } = plan.model;
  const processor = await loadProcessor(files, { maxPixels: max_pixels, minPixels: min_pixels });
  const environment = resolveEnvironment(plan.environment);
  const dataset = await openDataset(plan.data.train, { folder: plan.folder, seed: plan.seed });
  const rows: SampledRow[] = [];
  for (let i = 0; i < Math.min(SAMPLE_ROWS, dataset.size); i++) {
    const { fields } = await dataset.at(i);
    rows.push({ fields, prompt: (await processor.encodePrompt(environment.start(fields))).prompt });
  }
  return { rows, encode: processor.encode };
}

/** The rows of one step, the sampled ones over and over. */
function stageRows(stage: Stage, rows: SampledRow[], encode: (text: string) => Int32Array): TrainRow[] {
  const completion = (length: number) => ({ tokens: new Int32Array(length), fields: {} });
  const count = stage.kind === "sft" ? stage.batch_size : stage.groups_per_step;
  return Array.from({ length: count }, (_, i) => {
    const { prompt, fields } = rows[i % rows.length]!;
    if (stage.kind === "grpo") return { prompt, completions: Array(stage.group_size).fill(completion(stage.sampling.max_new_tokens)) };
    return { prompt, completions: [completion(encode(String(fields[stage.response_field] ?? "")).length + 1)] };
  });
}

function tokensOf(rows: readonly TrainRow[]): number {
  return rows.reduce((sum, { prompt, completions }) => {
    return completions.reduce((own, { tokens }) => own + tokens.length, sum + prompt.tokens.length);
  }, 0);
}

function memory(plan: RunPlan, policy: Policy, rows: SampledRow[], training: TrainRow[][]): number {
  const stages = plan.stages.map((stage, i) => ({ stage, shapes: stageShapes(stage, training[i]!, policy) }));
  const passes = stages.flatMap(({ stage, shapes }) => {
    const grpo = stage.kind === "grpo";
    const loss = losses.get(grpo ? stage.loss : "cross_entropy");
    const options: Record<string, number> = grpo ? { clip_low: stage.clip_low, clip_high: stage.clip_high, kl_coef: stage.kl_coef } : {};
    return [...new Set(shapes)].map((shape) => peakBytes(lossGraph(policy, JSON.parse(shape), loss, options, 1)));
  });
  const sampling = plan.stages.flatMap((stage) => (stage.kind === "grpo" ? [stage.sampling] : []));
  if (plan.data.eval !== null) sampling.push(plan.evaluation.sampling);
  return policyBytes(policy, {
    passes: [...passes, ...samplingPasses(plan, policy, rows, sampling)],
    updates: true,
    accumulates: stages.some(({ shapes }) => shapes.length > 1),
    snapshots: plan.stages.some((stage) => stage.kind === "grpo" && stage.kl_coef > 0 && stage.reference === "start") ? 1 : 0,
    cache: Math.max(0, ...sampling.map(({ max_new_tokens }) => cacheBytes(policy.model, plan.model.slots, longest(rows) + max_new_tokens))),
  });
}

/** Shapes of the passes of one update, as JSON. */
function stageShapes(stage: Stage, rows: TrainRow[], { model }: Policy): string[] {
  const update = stage.kind === "sft" ? rows.length : Math.ceil(rows.length / stage.minibatches);
  const micro = (stage.kind === "sft" ? stage.micro_batch_size : stage.micro_batch_groups) ?? update;
  const shapes: string[] = [];
  for (let i = 0; i < update; i += micro) {
    shapes.push(...planPasses(rows.slice(i, Math.min(update, i + micro)), model).map(({ shape }) => JSON.stringify(shape)));
  }
  return shapes;
}

function longest(rows: readonly SampledRow[]): number {
  return rows.reduce((most, { prompt }) => Math.max(most, prompt.tokens.length), 0);
}

/** The prompt pass and a step of decoding, at their largest. */
function samplingPasses(plan: RunPlan, policy: Policy, rows: SampledRow[], sampling: Sampling[]): number[] {
  if (sampling.length === 0) return [];
  const { slots } = plan.model;
  const furthest = Math.max(...sampling.map(({ max_new_tokens }) => max_new_tokens));
  const { prompt } = rows.reduce((a, b) => (b.prompt.tokens.length > a.prompt.tokens.length ? b : a));
  const shape = { rows: Math.min(16, slots), length: prompt.tokens.length, pictures: layoutOf(prompt, policy.model) };
  return [promptGraph(policy, shape, 1), stepGraph(policy, slots, prompt.tokens.length + furthest, 1)].map(peakBytes);
}
