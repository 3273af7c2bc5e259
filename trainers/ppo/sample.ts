import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordBatch } from "apache-arrow";
import type { Example } from "../../core/types.ts";
import type { EncodedPrompt } from "../../engines/engine.ts";
import { collectGroups } from "../../rollouts/collect.ts";
import { fromBatch, type StoredRollout } from "../../rollouts/schema.ts";
import { type StageContext, updatesPerStep } from "../runner.ts";
import { engineSampling } from "../sampling.ts";
import type { PpoStage } from "./options.ts";

/** A scored rollout, the record batch that it is written from, and its prompt. */
export interface ScoredRollout {
  batch: RecordBatch;
  rollout: StoredRollout;
  prompt: EncodedPrompt;
}

/** One scored completion of each of a step's prompts, in the data's order. Depends on the step's number and the policy alone. */
export async function sampleRollouts(context: StageContext, stage: PpoStage, step: number): Promise<ScoredRollout[]> {
  const { crew, seed, firstExample, firstVersion } = context;
  const { engine, processor, environment, scorer, train, maxLength } = crew;
  const examples: Example[] = [];
  for (let i = 0; i < stage.batch_size; i++) {
    examples.push(await train.at(firstExample + step * stage.batch_size + i));
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
    groupSize: 1,
    sampling: engineSampling(stage.sampling, processor),
    stopIds: processor.stopIds,
    maxLength,
    seed,
    policyVersion: firstVersion + step * updatesPerStep(stage),
    stage: context.stage,
    step: step + 1,
    onCompletion: context.onSampled,
  });
  const out: ScoredRollout[] = [];
  for await (const batch of stream) {
    const [rollout] = fromBatch(batch) as [StoredRollout];
    out[rollout.group] = { batch, rollout, prompt: prompts[rollout.group]! };
  }
  return out;
}
