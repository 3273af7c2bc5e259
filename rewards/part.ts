import type { Example, Outcome } from "../core/types.ts";
import type { Finished } from "./ask.ts";

/** One entry of a recipe's `rewards`, ready to be asked, wherever it runs. */
export interface Part {
  name: string;
  /** what is wrong with an example's target: `needs digits[0].box: expected …` */
  check(example: Example): Promise<string[]>;
  score(finished: Finished): Promise<{ outcome: Outcome; latencyMs: number }>;
}

export interface ScorerContext {
  /** folder that reward files are resolved against: the recipe's own */
  folder: string;
  /** the run's seed */
  seed: number;
  /** threads for reward files, at most; 2 unless given */
  workers?: number;
  /** the recipe's path, for messages; the folder unless given */
  recipe?: string;
  /** time for a reward file to be imported; 30 s unless given */
  loadTimeoutMs?: number;
}
