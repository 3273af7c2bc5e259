import { UserError } from "../core/errors.ts";
import { toBatch } from "../rollouts/schema.ts";
import { keepsGroup } from "./filters/groups.ts";
import type { GrpoStage } from "./options.ts";
import type { StageContext } from "./runner.ts";
import { type ScoredGroup, sampleGroups } from "./sample-groups.ts";

/** What a step learns from, and how many groups were sampled for it. */
export interface SampledStep {
  groups: ScoredGroup[];
  sampled: number;
}

/** Examples that a step sets aside: those of every round that sampling may take. */
export const examplesPerStep = ({ groups_per_step, filter }: GrpoStage): number => groups_per_step * (filter?.max_rounds ?? 1);

interface Round {
  step: number;
  policyStep: number;
  round: number;
}

/** Samples and scores one round of groups of a step. */
async function sampleRound(context: StageContext, stage: GrpoStage, { step, policyStep, round }: Round): Promise<ScoredGroup[]> {
  const { groups_per_step: count, group_size: groupSize } = stage;
  const first = context.firstExample + step * examplesPerStep(stage) + round * count;
  return sampleGroups(context, stage, { step, policyStep, first, count, groupSize, round });
}

/**
 * Samples until groups_per_step groups pass the stage's filter; without one, once. What is over is left out. Where max_rounds do not suffice
 * the filter's `exhausted` says what is learned from. `policyStep` is the number of steps that the policy has taken, `step` unless it is behind.
 * Throws UserError where that is to be an error.
 */
export async function sampleStep(context: StageContext, stage: GrpoStage, step: number, policyStep = step): Promise<SampledStep> {
  const { filter, groups_per_step } = stage;
  const first = await sampleRound(context, stage, { step, policyStep, round: 0 });
  if (filter === null) return { groups: first, sampled: first.length };
  checkName(filter.on, context);
  const passing = (groups: ScoredGroup[]) => groups.filter(({ rollouts }) => keepsGroup(rollouts, filter));
  const kept = passing(first);
  let sampled = first.length;
  for (let round = 1; round < filter.max_rounds && kept.length < groups_per_step; round++) {
    const groups = await sampleRound(context, stage, { step, policyStep, round });
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
    groups.map(async ({ row, rollouts, prompt }, group) => {
      const own = rollouts.map((rollout) => ({ ...rollout, group }));
      const { stage, step } = own[0]!;
      return { row, rollouts: own, prompt, batch: await toBatch(own, { stage, step }) };
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
