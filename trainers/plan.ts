import type { ModelOptions } from "../models/options.ts";
import type { JudgeSpecs } from "../rewards/judges/schema.ts";
import type { RewardSpec } from "../rewards/options.ts";
import type { RunListener } from "./events.ts";
import type { Evaluation, Retention, Stage } from "./options.ts";

type Named = { name: string } & Record<string, unknown>;

/** Everything a run needs, checked and with every default filled in: the recipe, and where it stood. */
export interface RunPlan {
  name: string;
  seed: number;
  /** the recipe's folder, which relative paths in it start from */
  folder: string;
  /** the resolved recipe as YAML, for the run folder */
  recipeText: string;
  model: ModelOptions;
  data: { train: Named; eval: Named | null };
  environment: Named;
  rewards: RewardSpec[];
  judges: JudgeSpecs;
  stages: Stage[];
  evaluation: Evaluation;
  checkpoints: Retention;
  rollouts: { write: boolean };
}

export interface RunControl {
  runDir: string;
  /** "no" refuses a folder that holds a run, "auto" goes on where there is something, "must" refuses where there is nothing */
  resume: "no" | "auto" | "must";
  /** a checkpoint folder to resume from instead of the newest */
  from?: string;
  /** aborted: finish the step, save, and return */
  signal: AbortSignal;
  listener: RunListener;
  /** A checkpoint's recipe with the defaults of fields that came later; it is taken as it is unless given. */
  completed?(recipe: Record<string, unknown>): unknown;
}
