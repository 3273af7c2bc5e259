import type { Rollout } from "../core/types.ts";

/** Which step of which stage sampled a rollout. */
export interface Origin {
  stage: string;
  step: number;
}

/** A rollout as a file holds it. */
export type StoredRollout = Rollout & Origin;
