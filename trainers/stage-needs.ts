import type { Example } from "../core/types.ts";
import type { EncodedPrompt, TrainCompletion, TrainRow } from "../engines/engine.ts";
import type { Environment } from "../environments/index.ts";
import type { Processor } from "../models/processor.ts";
import { examplesPerStep } from "./grpo-sample.ts";
import type { LossOptions } from "./losses/define.ts";
import { lossOptions } from "./losses/spec.ts";
import type { GrpoStage, Sampling, Stage } from "./options.ts";
import { encodePair } from "./pairs.ts";
import { ppoOptions } from "./ppo/runner.ts";
import { checkPacking, encodeExample } from "./sft.ts";

/** What one step of a stage trains, and how: for what is told of a run before it starts. */
export interface StageNeeds {
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
  /** An example as the stage trains it; a completion that is sampled is as long as it may be. Throws DataError for one that it can't. */
  row(example: Example, encode: RowEncoder): Promise<TrainRow>;
}

export interface RowEncoder {
  processor: Processor;
  environment: Environment;
  /** the prompt of an example, encoded once */
  prompt(example: Example): Promise<EncodedPrompt>;
}

const ofLength = (length: number): TrainCompletion => ({ tokens: new Int32Array(length), fields: {} });

/** Index of the first example of each stage: it goes on where the one before it stops. */
export function stageStarts(stages: readonly Stage[]): number[] {
  const sizes = stages.map((stage) => stage.steps * (stage.kind === "grpo" ? examplesPerStep(stage) : stageNeeds(stage).rowsPerStep));
  return sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
}

export function stageNeeds(stage: Stage): StageNeeds {
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
      async row(example, { processor, environment }) {
        const conversation = await encodeExample(processor, environment, stage, example);
        if (stage.packing !== null) checkPacking(example.id, conversation, stage.packing);
        return { prompt: conversation.prompt, completions: [ofLength(conversation.tokens.length)] };
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
      async row(example, { processor, environment }) {
        const { prompt, chosen, rejected } = await encodePair(processor, environment, stage, example, null);
        return { prompt, completions: [chosen, rejected].map(({ tokens }) => ofLength(tokens.length)) };
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
      row: async (example, { prompt }) => ({ prompt: await prompt(example), completions: [ofLength(stage.sampling.max_new_tokens)] }),
    };
  }
  return grpoNeeds(stage);
}

function grpoNeeds(stage: GrpoStage): StageNeeds {
  const { groups_per_step, minibatches, micro_batch_groups, kl_coef, reference, sampling, group_size, replay } = stage;
  return {
    rowsPerStep: groups_per_step,
    update: Math.ceil((groups_per_step + (replay?.groups ?? 0)) / minibatches),
    micro: micro_batch_groups,
    packing: null,
    loss: stage.loss,
    options: lossOptions(stage),
    snapshot: kl_coef > 0 && reference === "start",
    sampling,
    row: async (example, { prompt }) => ({
      prompt: await prompt(example),
      completions: Array(group_size).fill(ofLength(sampling.max_new_tokens)),
    }),
  };
}
