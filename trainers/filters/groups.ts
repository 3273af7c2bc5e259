import { z } from "zod";
import type { Rollout } from "../../core/types.ts";
import { mean } from "../advantages/define.ts";

/** Which groups are learned from, and what happens where too few are: dynamic sampling. */
export const GroupFilter = z
  .strictObject({
    on: z.string().default("reward").describe("what is looked at: the reward, or the unweighted score of one reward by its name"),
    differ: z.boolean().default(true).describe("keep only groups whose scores are not all equal"),
    low: z.number().nullable().default(null).describe("keep only groups with a mean above this"),
    high: z.number().nullable().default(null).describe("and below this"),
    max_rounds: z
      .int()
      .min(1)
      .default(10)
      .describe("samplings of groups_per_step groups until enough are kept; the examples of all are set aside"),
    exhausted: z
      .enum(["error", "original", "smaller"])
      .default("error")
      .describe("where they do not suffice: stop, learn from the first round as it is, or from the groups that there are"),
  })
  .refine(({ low, high }) => low === null || high === null || low < high, { message: "expected less than high", path: ["low"] });
export type GroupFilter = z.infer<typeof GroupFilter>;

/** The scores of a group that a filter looks at: of all rollouts that have one. */
function scoresOf(group: readonly Rollout[], on: string): number[] {
  return group.flatMap(({ reward, parts }) => {
    if (on === "reward") return reward === null ? [] : [reward];
    const outcome = parts.find(({ name }) => name === on)?.outcome;
    return outcome?.kind === "score" ? [outcome.score] : [];
  });
}

/**
 * Whether a group is learned from. One without any score is not; one with a single score has nothing to differ from.
 * Source: DAPO (arXiv:2503.14476); limits on the mean as in EasyR1 and OpenRLHF.
 */
export function keepsGroup(group: readonly Rollout[], { on, differ, low, high }: GroupFilter): boolean {
  const scores = scoresOf(group, on);
  if (scores.length === 0) return false;
  if (differ && scores.length > 1 && scores.every((score) => score === scores[0])) return false;
  const average = mean(scores);
  return (low === null || average > low) && (high === null || average < high);
}
