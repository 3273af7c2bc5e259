import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordBatch } from "apache-arrow";
import type { Example } from "../core/types.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import { collectGroups } from "../rollouts/collect.ts";
import { fromBatch, type StoredRollout } from "../rollouts/schema.ts";
import type { GrpoStage } from "./options.ts";
import type { PpoStage } from "./ppo/options.ts";
import { type StageContext, updatesPerStep } from "./runner.ts";
import { engineSampling } from "./sampling.ts";

/** A sampled and scored group: its record batch, its view as rollouts, and its prompt. */
export interface ScoredGroup {
  /** of the training data */
  row: number;
  batch: RecordBatch;
  rollouts: StoredRollout[];
  prompt: EncodedPrompt;
}

export interface SampledRows {
  step: number;
  /** the rows of the training data: the first, and how many */
  first: number;
  count: number;
  /** completions of each */
  groupSize: number;
  /** steps of the stage that the policy has taken; `step` unless given */
  policyStep?: number;
  /** of the times that a step samples: rows that come again are completed anew */
  round?: number;
}

/** Samples and scores groups of completions of some rows, in the rows' order. Depends on the step's number and the policy alone. */
export async function sampleGroups(
  context: StageContext,
  stage: GrpoStage | PpoStage,
  { step, first, count, groupSize, policyStep = step, round = 0 }: SampledRows,
): Promise<ScoredGroup[]> {
  const { crew, seed, firstVersion } = context;
  const { engine, processor, environment, scorer, train, maxLength } = crew;
  const examples: Example[] = [];
  for (let i = 0; i < count; i++) {
    examples.push(await train.at(first + i));
    await nextTurn();
  }
  const prompts: EncodedPrompt[] = [];
  const remembering = {
    decode: processor.decode,
    encodePrompt: async (messages: Parameters<typeof processor.encodePrompt>[0]) => {
      const encoded = await processor.encodePrompt(messages);
      prompts.push(encoded.prompt);
      return encoded;
    },
  };
  const stream = collectGroups({
    engine,
    processor: remembering,
    environment,
    scorer,
    examples,
    groupSize,
    sampling: engineSampling(stage.sampling, processor),
    stopIds: processor.stopIds,
    maxLength,
    seed,
    round,
    policyVersion: firstVersion + policyStep * updatesPerStep(stage),
    stage: context.stage,
    step: step + 1,
    onCompletion: context.onSampled,
  });
  const groups: ScoredGroup[] = [];
  for await (const batch of stream) {
    const rollouts = fromBatch(batch);
    const { group } = rollouts[0]!;
    groups[group] = { row: first + group, batch, rollouts, prompt: prompts[group]! };
  }
  return groups;
}
