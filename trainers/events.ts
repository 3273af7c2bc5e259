import type { EvalResult } from "../evals/evaluate.ts";
import type { Stage } from "./options.ts";

export type { EvalResult };

/** What a run tells whoever watches it. Nothing here prints; the command line renders these and a test records them. */
export type RunEvent =
  | { type: "run"; folder: string; resumedFrom: { stage: string; step: number } | null; parameters: number; device: string }
  | { type: "stage"; name: string; kind: Stage["kind"]; steps: number; from: number }
  | { type: "step"; stage: string; step: number; steps: number; metrics: Record<string, number> }
  | { type: "progress"; what: "eval" | "sample"; done: number; total: number }
  | { type: "eval"; stage: string; step: number; result: EvalResult }
  | { type: "checkpoint"; stage: string; step: number; folder: string }
  | { type: "warning"; message: string }
  | { type: "stage_end"; summary: StageSummary }
  | { type: "end"; summary: RunSummary; interrupted: boolean };

export type RunListener = (event: RunEvent) => void;

export interface StageSummary {
  name: string;
  kind: Stage["kind"] | "eval";
  steps: number;
  wall_s: number;
  tokens_per_s: number;
  eval: EvalResult;
}

export interface RunSummary {
  name: string;
  seed: number;
  model: { parameters: number; model_type: string };
  checkpoint: string;
  /** version of each reward, by the part's name */
  reward_versions?: Record<string, number>;
  wall_s: number;
  stages: StageSummary[];
}
