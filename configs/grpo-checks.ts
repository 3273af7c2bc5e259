import type { Problem } from "../core/errors.ts";
import { unknownName } from "../core/registry.ts";
import { advantages } from "../trainers/advantages/index.ts";
import { aggregations } from "../trainers/aggregation/index.ts";
import { ignoredFields } from "../trainers/ignored.ts";
import { policyLosses } from "../trainers/losses/index.ts";
import { GrpoStage } from "../trainers/options.ts";
import { settledFields } from "../trainers/presets.ts";
import { problemAt } from "./problems.ts";
import type { Tree } from "./tree.ts";
import { sentence } from "./wording.ts";

/** The tables that fields of a grpo stage name an entry of. */
const TABLES = { loss: policyLosses, advantage: advantages, aggregation: aggregations };

/** What is wrong with a grpo stage as a whole. `stage` holds the fields that are sound, `written` what the recipe says. */
export function grpoProblems(tree: Tree, stage: Partial<GrpoStage>, written: Record<string, unknown>, index: number): Problem[] {
  const refuse = (key: string, message: string, cure?: string) => problemAt(tree, ["stages", index, key], message, cure);
  const unknown = Object.entries(TABLES).flatMap(([key, { kind, names, has }]) => {
    const name = stage[key as keyof typeof TABLES];
    if (name === undefined || has(name)) return [];
    const { message, cure } = sentence(unknownName(kind, name, names));
    return [refuse(key, message, cure)];
  });
  return [
    ...sizes(stage, refuse),
    ...unknown,
    ...(unknown.length > 0 ? [] : [...ignored(stage, written, refuse), ...contradictions(stage, refuse), ...replayProblems(stage, refuse)]),
  ];
}

type Refuse = (key: string, message: string, cure?: string) => Problem;

function sizes({ minibatches, groups_per_step: groups, micro_batch_groups: micro }: Partial<GrpoStage>, refuse: Refuse): Problem[] {
  if (minibatches === undefined || groups === undefined) return [];
  const size = groups / minibatches;
  if (!Number.isInteger(size)) {
    const fitting = Array.from({ length: Math.min(groups, 4096) }, (_, i) => i + 1).filter((n) => groups % n === 0);
    const cure = `Every optimizer step takes as many groups as the others: ${fitting.join(", ")} fit.`;
    return [refuse("minibatches", `expected a divisor of groups_per_step (${groups}), got ${minibatches}`, cure)];
  }
  if (typeof micro !== "number" || micro <= size) return [];
  return [
    refuse(
      "micro_batch_groups",
      `expected ${size} or less, got ${micro}`,
      "That is groups_per_step / minibatches: a minibatch has no more.",
    ),
  ];
}

/** Choices that each make sense, but not together. */
function contradictions(
  { loss, correction, correction_level, kl_coef, kl_in, kl_estimator }: Partial<GrpoStage>,
  refuse: Refuse,
): Problem[] {
  const problems: Problem[] = [];
  if (loss !== undefined && policyLosses.get(loss).ownCorrection && correction !== "none" && correction_level !== "token") {
    const cure = `${loss} sums the importance weights of a completion's tokens itself.`;
    problems.push(refuse("correction_level", `expected token with loss ${loss}, got ${correction_level}`, cure));
  }
  if (kl_coef !== undefined && kl_coef > 0 && kl_in === "reward" && kl_estimator?.endsWith("+")) {
    problems.push(refuse("kl_estimator", `expected one without a +, got ${kl_estimator}`, "It names a gradient, and a reward has none."));
  }
  return problems;
}

/** Replays that would mix what belongs to one policy, or can't be drawn. */
function replayProblems(stage: Partial<GrpoStage>, refuse: Refuse): Problem[] {
  const { replay, minibatches = 1, groups_per_step = 1, advantage, scale_rewards, loss, correction } = stage;
  if (!replay || advantage === undefined || loss === undefined) return [];
  const problems: Problem[] = [];
  const most = replay.steps * groups_per_step;
  if (replay.groups > most) {
    const cure = `${replay.steps} steps have no more groups than that: keep them longer, or draw fewer.`;
    problems.push(refuse("replay", `expected groups of ${most} or less, got ${replay.groups}`, cure));
  }
  if (replay.groups % minibatches !== 0) {
    const cure = "Every optimizer step takes as many replayed groups as the others.";
    problems.push(refuse("replay", `expected groups to be a multiple of minibatches (${minibatches}), got ${replay.groups}`, cure));
  }
  const { reads } = advantages.get(advantage);
  const ofBatch = OF_BATCH.includes(advantage) ? `advantage ${advantage}` : "scale_rewards batch";
  if (OF_BATCH.includes(advantage) || (reads.includes("scale_rewards") && scale_rewards === "batch")) {
    const cure = "Rewards of several policies are no batch: use an advantage within each group, as group_mean.";
    problems.push(refuse("replay", `does not go with ${ofBatch}, which compares the groups of a step`, cure));
  }
  if (["reinforce", "gpg"].includes(loss) && correction === "none") {
    const cure = "Use a loss with a ratio, as grpo, or old_logprobs: recomputed with a correction.";
    problems.push(refuse("replay", `does not go with loss ${loss}, which does not see that another policy sampled`, cure));
  }
  return problems;
}

/** Advantages over all completions of a step. */
const OF_BATCH = ["gdpo", "gdpo_whitened", "reinforce_plus_plus", "reinforce_plus_plus_baseline"];

/** Fields that were given another value than they have by themselves, though nothing reads them. */
function ignored(stage: Partial<GrpoStage>, written: Record<string, unknown>, refuse: Refuse): Problem[] {
  const whole = GrpoStage.safeParse({ ...stage, name: "x", kind: "grpo", steps: 1 }).data;
  if (whole === undefined) return [];
  return ignoredFields(whole).flatMap(({ field, why }) => {
    if (!Object.hasOwn(written, field) || !Object.hasOwn(stage, field)) return [];
    const { [field]: value, ...others } = written;
    const settled = settledFields(others);
    const usual = Object.hasOwn(settled, field) ? settled[field] : GrpoStage.shape[field].safeParse(undefined).data;
    if (JSON.stringify(stage[field]) === JSON.stringify(usual)) return [];
    return [refuse(field, "has no effect here", `${why[0]!.toUpperCase()}${why.slice(1)}.`)];
  });
}
