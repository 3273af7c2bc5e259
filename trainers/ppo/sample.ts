import type { RecordBatch } from "apache-arrow";
import type { EncodedPrompt } from "../../engines/engine.ts";
import type { StoredRollout } from "../../rollouts/schema.ts";
import type { StageContext } from "../runner.ts";
import { sampleGroups } from "../sample-groups.ts";
import type { PpoStage } from "./options.ts";

/** A scored rollout, the record batch that it is written from, and its prompt. */
export interface ScoredRollout {
  batch: RecordBatch;
  rollout: StoredRollout;
  prompt: EncodedPrompt;
}

/** One scored completion of each of a step's prompts, in the data's order. */
export async function sampleRollouts(context: StageContext, stage: PpoStage, step: number): Promise<ScoredRollout[]> {
  const count = stage.batch_size;
  const groups = await sampleGroups(context, stage, { step, first: context.firstExample + step * count, count, groupSize: 1 });
  return groups.map(({ batch, rollouts, prompt }) => ({ batch, rollout: rollouts[0]!, prompt }));
}
