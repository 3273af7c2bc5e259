import type { RewardDefinition } from "../define.ts";
import { actionValidity } from "./action-validity.ts";
import { detectiveFormat } from "./detective-format.ts";
import { errorLocation, firstError } from "./first-error.ts";
import { frameIdentificationReward, frameRetrievalReward } from "./frame-evidence.ts";
import { frameSpotlight } from "./frame-spotlight.ts";
import { manipulationGrounding } from "./manipulation-grounding.ts";
import { observationFormat } from "./observation-format.ts";
import { progress } from "./progress.ts";
import { rationaleConsistency } from "./rationale-consistency.ts";
import { retrievalNdcg } from "./retrieval-ndcg.ts";
import { rouge } from "./rouge.ts";
import { stepMatch } from "./step-match.ts";
import { subGoals } from "./sub-goals.ts";

/** Rewards that look at the steps of a completion, most of which say what each is worth. */
export const stepLevel: RewardDefinition[] = [
  actionValidity,
  detectiveFormat,
  errorLocation,
  firstError,
  frameIdentificationReward,
  frameRetrievalReward,
  frameSpotlight,
  manipulationGrounding,
  observationFormat,
  progress,
  rationaleConsistency,
  retrievalNdcg,
  rouge,
  stepMatch,
  subGoals,
];
