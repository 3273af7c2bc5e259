import type { z } from "zod";
import type { Outcome, StepScore } from "../core/types.ts";

/** What a reward sees of one finished completion. */
export interface RewardInput<Target, Options = unknown> {
  /** decoded text of the completion, special tokens left out */
  completion: string;
  /** the example's target field, checked by the reward's schema when the dataset was read */
  target: Target;
  /** what the recipe's `options` say, checked by the reward's own schema */
  options: Options;
  /** all of the example's fields, for rewards that read more than their target */
  example: Readonly<Record<string, unknown>>;
  exampleId: string;
  /** the run's seed, for rewards that need random numbers; a reward draws from nothing else */
  seed: number;
  /** number of tokens sampled */
  tokens: number;
  finish: "stop" | "length" | "environment";
}

/**
 * A number, "not applicable" as null, or a number with metrics beside it and, for a reward that judges steps, the score of each with its
 * place in the text.
 */
export type RewardReturn = number | null | { score: number; metrics?: Record<string, number>; steps?: StepScore[] };

export interface RewardDefinition<Target = unknown, Options = unknown> {
  name: string;
  /** schema of the target; a row whose target does not fit is refused when the dataset is read */
  target: z.ZodType<Target>;
  /** the example field that holds the target unless the recipe names another */
  field: string;
  /** schema of the options a recipe may give; without one it may give none */
  options?: z.ZodType<Options>;
  score(input: RewardInput<Target, Options>): RewardReturn | Promise<RewardReturn>;
}

/** A reward: a pure function from a finished completion and its target to a score. */
export function defineReward<Target, Options = unknown>(definition: RewardDefinition<Target, Options>): RewardDefinition<Target, Options> {
  return definition;
}

/** An input with everything but the given parts filled in, for trying a reward by hand or in a test. */
export function rewardInput<Target, Options = unknown>(
  given: { completion: string; target: Target } & Partial<RewardInput<Target, Options>>,
): RewardInput<Target, Options> {
  return {
    options: {} as Options,
    example: {},
    exampleId: "example",
    seed: 0,
    tokens: given.completion.length,
    finish: "stop",
    ...given,
  };
}

export type { Outcome };
