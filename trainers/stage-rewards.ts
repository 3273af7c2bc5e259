import { z } from "zod";
import { RewardSpec } from "../rewards/options.ts";
import type { Stage } from "./options.ts";

/** Rewards of a stage that samples, where it has its own. */
export const StageRewards = z
  .array(RewardSpec)
  .min(1)
  .nullable()
  .default(null)
  .describe("what the stage's completions are scored by, in place of the recipe's rewards, which evaluations go on with; null takes those");

/** The rewards that a stage has in place of the recipe's; null where it has none. */
export function ownRewards(stage: Stage): RewardSpec[] | null {
  return "rewards" in stage ? stage.rewards : null;
}

/** Whether a stage scores what it samples. */
export function isRewarded(stage: Stage): boolean {
  return "rewards" in stage;
}
