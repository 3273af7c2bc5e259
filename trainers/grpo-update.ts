import type { EncodedPrompt, Engine, LossSpec, TrainRow } from "../engines/engine.ts";
import { type Coefficients, type CurrentPolicy, type LearnedRollout, needsCurrent, updateFields } from "./grpo-fields.ts";
import type { PreparedUpdate } from "./losses/policy.ts";
import { lossOptions } from "./losses/spec.ts";
import type { GrpoStage } from "./options.ts";

/** The rollouts of one prompt that an update learns from. */
export interface LearnedGroup {
  prompt: EncodedPrompt;
  /** whose dropout this is */
  noiseSeed: number;
  rollouts: LearnedRollout[];
}

export interface UpdateContext {
  engine: Pick<Engine, "logprobs" | "forwardBackward">;
  stage: GrpoStage;
  coefficients: Coefficients;
  /** of this update: for what is drawn in it */
  seed: number;
  /** whether the policy is still the one whose logprobs are the rollouts' `old` */
  policyIsOld: boolean;
}

/** A completion after the gradient was taken: what the loss read of it, and what it gave back, arrays [T] by name. */
export interface LearnedSequence {
  rollout: LearnedRollout;
  fields: Record<string, Float32Array>;
  values: Record<string, Float32Array>;
}

export interface TakenGradient {
  loss: number;
  sequences: LearnedSequence[];
  /** what the engine was asked, one row a group */
  rows: TrainRow[];
  spec: LossSpec;
}

/** The temperature that logprobs are taken at; greedy sampling has none of its own. */
export const lossTemperature = ({ sampling }: GrpoStage): number => (sampling.temperature === 0 ? 1 : sampling.temperature);

/** Rows of groups as an engine takes them; `fields` has one entry for each rollout, in order. */
export function rowsOf(groups: readonly LearnedGroup[], fields: readonly Record<string, Float32Array>[] = []): TrainRow[] {
  let next = 0;
  return groups.map(({ prompt, noiseSeed, rollouts }) => ({
    prompt,
    noise_seed: noiseSeed,
    completions: rollouts.map(({ tokens }) => ({ tokens, fields: fields[next++] ?? {} })),
  }));
}

/** Logprobs and entropies of a policy at all completions of the groups, [S][T]. */
export async function policyAt(
  engine: Pick<Engine, "logprobs">,
  groups: readonly LearnedGroup[],
  stage: GrpoStage,
  policy: string,
): Promise<CurrentPolicy> {
  const { logprobs, entropies } = await engine.logprobs(rowsOf(groups), { temperature: lossTemperature(stage), policy });
  return { logprobs: logprobs.flat(), entropies: entropies.flat() };
}

/**
 * Adds the gradient of one update's loss to the engine's: the same for any size of micro-batch. Null where no token enters the loss, and then
 * there is nothing to update by: a gradient of zeros would still move weights, by momentum and decay.
 */
export async function takeGradient(
  groups: readonly LearnedGroup[],
  { engine, stage, coefficients, seed, policyIsOld }: UpdateContext,
): Promise<TakenGradient | null> {
  const rollouts = groups.flatMap((group) => group.rollouts);
  if (!rollouts.some(({ mask }) => mask.includes(1))) return null;
  const known = policyIsOld ? recomputed(rollouts) : null;
  const present = needsCurrent(stage) ? (known ?? (await policyAt(engine, groups, stage, "current"))) : null;
  const fields = await updateFields(rollouts, present, stage, coefficients, { seed, behind: behindPrompts(engine, groups, stage) });
  if (!fields.some(({ mask }) => mask!.includes(1))) return null;
  const rows = rowsOf(groups, fields);
  const spec: LossSpec = { name: stage.loss, options: lossOptions(stage), temperature: lossTemperature(stage), noise_seed: seed };
  const values: Record<string, Float32Array>[] = [];
  const micro = stage.micro_batch_groups ?? rows.length;
  let loss = 0;
  for (let i = 0; i < rows.length; i += micro) {
    const part = rows.slice(i, i + micro);
    const result = await engine.forwardBackward(part, spec);
    loss += result.loss;
    part.forEach(({ completions }, r) => {
      completions.forEach((_, m) => {
        values.push(Object.fromEntries(Object.entries(result.perToken).map(([name, of]) => [name, of[r]![m]!])));
      });
    });
  }
  return { loss, sequences: rollouts.map((rollout, i) => ({ rollout, fields: fields[i]!, values: values[i]! })), rows, spec };
}

/** Asks the policy as it is now about the same completions behind other prompts. */
export function behindPrompts(
  engine: Pick<Engine, "logprobs">,
  groups: readonly LearnedGroup[],
  stage: GrpoStage,
): PreparedUpdate["behind"] {
  return (change) => {
    const changed = groups.map((group) => ({ ...group, prompt: change(group.prompt) }));
    return policyAt(engine, changed, stage, "current");
  };
}

/** What is known of the old policy where all of it was computed by the trainer. */
function recomputed(rollouts: readonly LearnedRollout[]): CurrentPolicy | null {
  const entropies = rollouts.flatMap(({ oldEntropies }) => (oldEntropies === null ? [] : [oldEntropies]));
  return entropies.length < rollouts.length ? null : { logprobs: rollouts.map(({ old }) => old), entropies };
}
