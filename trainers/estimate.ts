import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Example } from "../core/types.ts";
import { openDataset } from "../datasets/index.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { promptGraph, stepGraph } from "../engines/embedded/decode-graph.ts";
import { CAPACITY_STEP } from "../engines/embedded/generate.ts";
import { cacheBytes, peakBytes, policyBytes } from "../engines/embedded/memory.ts";
import { planBatch } from "../engines/embedded/packing.ts";
import { layoutOf } from "../engines/embedded/pass.ts";
import type { Policy } from "../engines/embedded/policy.ts";
import { isLarge } from "../engines/embedded/sessions.ts";
import { lossGraph } from "../engines/embedded/train-graph.ts";
import type { EncodedPrompt, TrainRow } from "../engines/engine.ts";
import { type Environment, resolveEnvironment } from "../environments/index.ts";
import { modelFolders } from "../models/folders.ts";
import { describePolicy } from "../models/open.ts";
import type { Processor } from "../models/processor.ts";
import type { LossOptions } from "./losses/define.ts";
import { losses } from "./losses/index.ts";
import { lossOptions } from "./losses/spec.ts";
import type { Optimizer, Sampling, Stage } from "./options.ts";
import { encodePair } from "./pairs.ts";
import type { RunPlan } from "./plan.ts";
import { ppoOptions } from "./ppo/runner.ts";
import { engineStart, modelFolder } from "./setup.ts";
import { checkPacking, encodeExample } from "./sft.ts";

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

/** A row of the data, its prompt encoded. */
interface SampledRow {
  prompt: EncodedPrompt;
  example: Example;
}

/** What one step of a stage trains, and how. */
interface StageNeeds {
  rowsPerStep: number;
  /** rows of one optimizer step, and of one pass of it */
  update: number;
  micro: number | null;
  packing: number | null;
  loss: string;
  options: LossOptions;
  /** whether a copy of the policy is kept as the reference */
  snapshot: boolean;
  sampling: Sampling | null;
  row(sampled: SampledRow): Promise<TrainRow>;
}

/** What a run will need, from the model's config and a few rows of its data; no weight is read and nothing is trained. */
export async function estimate(plan: RunPlan): Promise<Estimate> {
  const temporary = await mkdtemp(join(tmpdir(), "vlrl-"));
  try {
    const folder = await modelFolder(plan, join(temporary, "model"));
    const policy = await describePolicy(folder, engineStart(plan, folder, true).open);
    const wanted = isLarge(policy.model) ? SAMPLE_ROWS.large : SAMPLE_ROWS.small;
    const { processor, environment, rows } = await sampleRows(plan, (await modelFolders(folder)).files, wanted);
    const training: { needs: StageNeeds; steps: TrainRow[][] }[] = [];
    for (const stage of plan.stages) {
      const needs = stageNeeds(stage, processor, environment);
      training.push({ needs, steps: await stageSteps(needs, rows) });
    }
    const tokens_per_step = plan.stages.map(({ name }, i) => {
      const { steps } = training[i]!;
      return { stage: name, tokens: Math.round(tokensOf(steps.flat()) / steps.length) };
    });
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
    const example = await dataset.at(i);
    rows.push({ example, prompt: (await processor.encodePrompt(environment.start(example.fields))).prompt });
  }
  return { rows, processor, environment };
}

function stageNeeds(stage: Stage, processor: Processor, environment: Environment): StageNeeds {
  const completion = (length: number) => ({ tokens: new Int32Array(length), fields: {} });
  if (stage.kind === "sft") {
    return {
      rowsPerStep: stage.batch_size,
      update: stage.batch_size,
      micro: stage.micro_batch_size,
      packing: stage.packing,
      loss: stage.loss,
      options: {},
      snapshot: false,
      sampling: null,
      async row({ example }) {
        const conversation = await encodeExample(processor, environment, stage, example);
        if (stage.packing !== null) checkPacking(example.id, conversation, stage.packing);
        return { prompt: conversation.prompt, completions: [completion(conversation.tokens.length)] };
      },
    };
  }
  if (stage.kind === "dpo") {
    return {
      rowsPerStep: stage.batch_size,
      update: stage.batch_size,
      micro: stage.micro_batch_size,
      packing: null,
      loss: "cross_entropy",
      options: {},
      snapshot: stage.reference === "start",
      sampling: null,
      async row({ example }) {
        const { prompt, chosen, rejected } = await encodePair(processor, environment, stage, example, null);
        return { prompt, completions: [chosen, rejected].map(({ tokens }) => completion(tokens.length)) };
      },
    };
  }
  if (stage.kind === "ppo") {
    return {
      rowsPerStep: stage.batch_size,
      update: Math.ceil(stage.batch_size / stage.minibatches),
      micro: stage.micro_batch_size,
      packing: null,
      loss: "ppo",
      options: ppoOptions(stage),
      snapshot: stage.kl_coef > 0 && stage.reference === "start",
      sampling: stage.sampling,
      row: async ({ prompt }) => ({ prompt, completions: [completion(stage.sampling.max_new_tokens)] }),
    };
  }
  return {
    rowsPerStep: stage.groups_per_step,
    update: Math.ceil(stage.groups_per_step / stage.minibatches),
    micro: stage.micro_batch_groups,
    packing: null,
    loss: stage.loss,
    options: lossOptions(stage),
    snapshot: stage.kl_coef > 0 && stage.reference === "start",
    sampling: stage.sampling,
    row: async ({ prompt }) => ({ prompt, completions: Array(stage.group_size).fill(completion(stage.sampling.max_new_tokens)) }),
  };
}

/** The rows of several steps: as many as there are sampled rows for, or one of them over and over. */
async function stageSteps({ rowsPerStep, row }: StageNeeds, sampled: readonly SampledRow[]): Promise<TrainRow[][]> {
  const rows = await Promise.all(sampled.map(row));
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

function memory(plan: RunPlan, policy: Policy, rows: SampledRow[], training: { needs: StageNeeds; steps: TrainRow[][] }[]): number {
  const stages = training.map(({ needs, steps }) => ({ needs, steps: steps.map((rows) => stageShapes(needs, rows, policy)) }));
  const passes = stages.flatMap(({ needs, steps }) => {
    const loss = losses.get(needs.loss);
    return [...new Set(steps.flat())].map((shape) => peakBytes(lossGraph(policy, JSON.parse(shape), loss, needs.options, 1)));
  });
  const sampling = stages.flatMap(({ needs }) => (needs.sampling === null ? [] : [needs.sampling]));
  if (plan.data.eval !== null) sampling.push(plan.evaluation.sampling);
  return policyBytes(policy, {
    process: PROCESS_BYTES,
    passes: [...passes, ...samplingPasses(plan, policy, rows, sampling)],
    moments: Math.max(...plan.stages.map(({ optimizer }) => momentsOf(optimizer))),
    accumulates: stages.some(({ steps }) => steps.some((shapes) => shapes.length > 1)),
    snapshots: stages.some(({ needs }) => needs.snapshot) ? 1 : 0,
    cache: Math.max(0, ...sampling.map(({ max_new_tokens }) => cacheBytes(policy.model, plan.model.slots, longest(rows) + max_new_tokens))),
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
  return Array.from({ length: Math.ceil(update / size) }, (_, i) => rows.slice(i * size, Math.min(update, (i + 1) * size)))
    .flatMap((part) => planBatch(part, model, packing))
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
