import type { z } from "zod";
import type { Outcome } from "../core/types.ts";

/** What a reward sees of one finished completion. */
export interface RewardInput<Target> {
  /** decoded text of the completion, special tokens left out */
  completion: string;
  /** the example's target field, checked by the reward's schema when the dataset was read */
  target: Target;
  /** all of the example's fields, for rewards that read more than their target */
  example: Readonly<Record<string, unknown>>;
  /** number of tokens sampled */
  tokens: number;
  finish: "stop" | "length" | "environment";
}

/** A number, "not applicable" as null, or a number with metrics beside it. */
export type RewardReturn = number | null | { score: number; metrics?: Record<string, number> };

export interface RewardDefinition<Target = unknown> {
  name: string;
  /** schema of the target; a row whose target does not fit is refused when the dataset is read */
  target: z.ZodType<Target>;
  /** the example field that holds the target unless the recipe names another */
  field: string;
  score(input: RewardInput<Target>): RewardReturn | Promise<RewardReturn>;
}

/** A reward: a pure function from a finished completion and its target to a score. */
export function defineReward<Target>(definition: RewardDefinition<Target>): RewardDefinition<Target> {
  return definition;
}

export type { Outcome };
