import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordBatch } from "apache-arrow";
import { UserError } from "../core/errors.ts";
import type { Example } from "../core/types.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import { collectGroups } from "../rollouts/collect.ts";
import { fromBatch, type StoredRollout, toBatch } from "../rollouts/schema.ts";
import { keepsGroup } from "./filters/groups.ts";
import type { GrpoStage } from "./options.ts";
import { type StageContext, updatesPerStep } from "./runner.ts";
import { engineSampling } from "./sampling.ts";

/** A group on its way through a step: its record batch, its view as rollouts, and its prompt. */
export interface ScoredGroup {
  batch: RecordBatch;
  rollouts: StoredRollout[];
  prompt: EncodedPrompt;
}

/** What a step learns from, and how many groups were sampled for it. */
export interface SampledStep {
  groups: ScoredGroup[];
  sampled: number;
}

/** Examples that a step sets aside: those of every round that sampling may take. */
export const examplesPerStep = ({ groups_per_step, filter }: GrpoStage): number => groups_per_step * (filter?.max_rounds ?? 1);

/** Samples and scores one round of groups of a step. A round depends on its number and the policy alone. */
async function sampleRound(context: StageContext, stage: GrpoStage, step: number, round: number): Promise<ScoredGroup[]> {
  const { crew, seed, firstExample, firstVersion } = context;
  const { engine, processor, environment, scorer, train } = crew;
  const { groups_per_step, group_size, sampling } = stage;
  const first = firstExample + step * examplesPerStep(stage) + round * groups_per_step;
  const examples: Example[] = [];
  for (let i = 0; i < groups_per_step; i++) {
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
  const groups: ScoredGroup[] = [];
  const stream = collectGroups({
    engine,
    processor: remembering,
    environment,
    scorer,
    examples,
    groupSize: group_size,
    sampling: engineSampling(sampling, processor),
    stopIds: processor.stopIds,
    maxLength: crew.maxLength,
    seed,
    policyVersion: firstVersion + step * updatesPerStep(stage),
    stage: context.stage,
    step: step + 1,
    onCompletion: context.onSampled,
  });
  for await (const batch of stream) {
    const rollouts = fromBatch(batch);
    const { group } = rollouts[0]!;
    groups[group] = { batch, rollouts, prompt: prompts[group]! };
  }
  return groups;
}

/**
 * Samples until groups_per_step groups pass the stage's filter; without one, once. What is over is left out. Where max_rounds do not suffice
 * the filter's `exhausted` says what is learned from.
 * Throws UserError where that is to be an error.
 */
export async function sampleStep(context: StageContext, stage: GrpoStage, step: number): Promise<SampledStep> {
  const { filter, groups_per_step } = stage;
  const first = await sampleRound(context, stage, step, 0);
  if (filter === null) return { groups: first, sampled: first.length };
  checkName(filter.on, context);
  const passing = (groups: ScoredGroup[]) => groups.filter(({ rollouts }) => keepsGroup(rollouts, filter));
  const kept = passing(first);
  let sampled = first.length;
  for (let round = 1; round < filter.max_rounds && kept.length < groups_per_step; round++) {
    const groups = await sampleRound(context, stage, step, round);
    sampled += groups.length;
    kept.push(...passing(groups));
  }
  if (kept.length >= groups_per_step) return { groups: await renumbered(kept.slice(0, groups_per_step)), sampled };
  const found = `step ${step + 1}: ${kept.length} of ${sampled} groups pass the filter on ${filter.on}, ${groups_per_step} are wanted`;
  if (filter.exhausted === "error") {
    throw new UserError({
      place: { file: "recipe" },
      field: `stages.${context.stage}.filter.exhausted`,
      message: found,
      cure: "Sample more (max_rounds, group_size), choose examples of another difficulty, or let `exhausted` be original or smaller.",
    });
  }
  const instead = filter.exhausted === "original" ? "it learns from the first round as it is" : "it learns from these alone";
  context.warn(`${found}; ${instead}`);
  return { groups: filter.exhausted === "original" ? first : await renumbered(kept), sampled };
}

/** Groups of several rounds, numbered as those of one step. */
function renumbered(groups: readonly ScoredGroup[]): Promise<ScoredGroup[]> {
  return Promise.all(
    groups.map(async ({ rollouts, prompt }, group) => {
      const own = rollouts.map((rollout) => ({ ...rollout, group }));
      const { stage, step } = own[0]!;
      return { rollouts: own, prompt, batch: await toBatch(own, { stage, step }) };
    }),
  );
}

function checkName(on: string, { crew, stage }: StageContext): void {
  if (on === "reward" || crew.scorer.names.includes(on)) return;
  throw new UserError({
    place: { file: "recipe" },
    field: `stages.${stage}.filter.on`,
    message: `no reward is called "${on}"`,
    cure: `Known: reward, ${crew.scorer.names.join(", ")}.`,
  });
}
