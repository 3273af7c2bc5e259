import type { Stage } from "./options.ts";
import type { Crew } from "./setup.ts";

/** Optimizer steps that each step of a stage takes. */
export function updatesPerStep(stage: Stage): number {
  return stage.kind === "grpo" || stage.kind === "ppo" ? stage.minibatches * stage.epochs : 1;
}

/** What a stage works with besides its own options. */
export interface StageContext {
  crew: Crew;
  seed: number;
  stage: string;
  /** index in the training dataset of the stage's first example */
  firstExample: number;
  /** optimizer steps taken before the stage */
  firstVersion: number;
  /** where a step's rollouts are written, or null */
  rolloutsFolder: string | null;
  /** what the runner's `state` said at the checkpoint that the stage goes on from; null at its start */
  state: Record<string, number | null> | null;
  /** whether training drops out what sampling does not */
  noisy: boolean;
  warn(message: string): void;
  onSampled(done: number, total: number): void;
}

/** One kind of stage, ready to take its steps. A step depends on its number, the engine's state and the runner's alone. */
export interface StageRunner {
  /** examples that each step takes */
  examplesPerStep: number;
  /** before step 0; not when resumed, since what it does to the engine is in the checkpoint */
  begin(): Promise<void>;
  /** `tokens`: how many were sampled and trained, for tokens/s */
  step(step: number): Promise<{ metrics: Record<string, number>; tokens: number }>;
  /** after the last step */
  end(): Promise<void>;
  /** numbers that the next steps depend on besides the engine's state */
  state?(): Record<string, number | null>;
  /** what else they depend on, into the folder of a checkpoint after `step` steps of the stage */
  save?(folder: string, step: number): Promise<void>;
  /** goes on with what was saved there */
  load?(folder: string): Promise<void>;
}
