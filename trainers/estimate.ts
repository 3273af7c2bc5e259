import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataset } from "../datasets/index.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { resolveEnvironment } from "../environments/index.ts";
import { readArchitecture } from "../models/index.ts";
import type { RunPlan } from "./plan.ts";
import { modelFolder } from "./setup.ts";

export interface Estimate {
  parameters: number;
  /** weights, gradients (twice: held and new) and the two moments, and the activations of the largest pass */
  memory_mb: number;
  /** prompt and response tokens of one step; for grpo an upper bound, every completion as long as it may be */
  tokens_per_step: { stage: string; tokens: number }[];
}

const SAMPLE_ROWS = 8;
/** float32 values a token leaves for the backward pass, per layer and hidden unit: a guess that no measurement stands behind yet */
const ACTIVATIONS = 40;

/** What a run will need, from the model's config and a few rows of its data; nothing is trained. */
export async function estimate(plan: RunPlan): Promise<Estimate> {
  const temporary = await mkdtemp(join(tmpdir(), "vlrl-"));
  try {
    const folder = await modelFolder(plan, join(temporary, "model"));
    const model = await readArchitecture(folder);
    const parameters = parameterCount(model.parameters);
    const lengths = await meanLengths(plan, folder);
    const tokens_per_step = plan.stages.map((stage) => ({
      stage: stage.name,
      tokens: Math.round(
        stage.kind === "sft"
          ? stage.batch_size * (lengths.prompt + lengths.response(stage.response_field))
          : stage.groups_per_step * (lengths.prompt + stage.group_size * stage.sampling.max_new_tokens),
      ),
    }));
    const largest = Math.min(6144, Math.max(...tokens_per_step.map(({ tokens }) => tokens)));
    const bytes = 4 * (5 * parameters + ACTIVATIONS * largest * model.layers * model.heads * model.headDim + 3 * largest * model.vocab);
    return { parameters, memory_mb: Math.round(bytes / 2 ** 20), tokens_per_step };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function meanLengths(plan: RunPlan, folder: string) {
  const { loadProcessor } = await import("../models/processor/load.ts");
  const processor = await loadProcessor(folder);
  const environment = resolveEnvironment(plan.environment);
  const dataset = await openDataset(plan.data.train, { folder: plan.folder, seed: plan.seed });
  const rows = Math.min(SAMPLE_ROWS, dataset.size);
  const fields: Record<string, unknown>[] = [];
  let prompt = 0;
  for (let i = 0; i < rows; i++) {
    const example = await dataset.at(i);
    fields.push(example.fields);
    prompt += (await processor.encodePrompt(environment.start(example.fields))).prompt.tokens.length / rows;
  }
  const response = (field: string) => fields.reduce((sum, row) => sum + processor.encode(String(row[field] ?? "")).length + 1, 0) / rows;
  return { prompt, response };
}
