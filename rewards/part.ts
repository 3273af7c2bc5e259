import type { Example, Outcome } from "../core/types.ts";
import type { Finished } from "./ask.ts";
import type { Scope } from "./define.ts";
import type { Judges } from "./judges/define.ts";
import type { JudgeSpecs } from "./judges/schema.ts";

/** One reward of a recipe's `rewards`, ready to be asked, wherever it runs. */
export interface Part {
  name: string;
  version: number;
  /** the row's field that holds its target */
  field: string;
  scope: Scope;
  /** it waits for judges, which have time limits of their own */
  waits?: boolean;
  /** what is wrong with an example's target: `needs digits[0].box: expected …` */
  check(example: Example): Promise<string[]>;
  /** One outcome a member, in their order: completions of one example, and for scopes other than `group` a single one. Never throws. */
  score(members: readonly Finished[]): Promise<{ outcomes: Outcome[]; latencyMs: number }>;
}

/** A reward's place in the recipe: `rewards[1].options`. */
export function rewardField({ field = "rewards" }: Pick<ScorerContext, "field">, index: number, below = ""): string {
  return `${field}[${index}]${below === "" ? "" : `.${below}`}`;
}

export interface ScorerContext {
  /** folder that reward files are resolved against: the recipe's own */
  folder: string;
  /** the run's seed */
  seed: number;
  /** threads for reward files, at most; one a core unless given, 2 to 8 */
  workers?: number;
  /** the recipe's path, for messages; the folder unless given */
  recipe?: string;
  /** where the rewards stand in the recipe, for messages: `stages.rl.rewards`; `rewards` unless given */
  field?: string;
  /** of the recipe, for rewards that ask them; none unless given */
  judges?: JudgeSpecs;
  /** the same, opened already: several scorers of a run share what they remember and may ask */
  opened?: Judges;
  /** time for a reward file to be imported; 30 s unless given */
  loadTimeoutMs?: number;
}
