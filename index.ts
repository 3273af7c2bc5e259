/** What a user's own rewards, environments and datasets are written with. Light: it is loaded in every reward thread. */
export { z } from "zod";
export { CheckpointError, DataError, type Place, type Problem, RecipeError, UserError } from "./core/errors.ts";
export { deriveSeed, Random, type RandomState } from "./core/random.ts";
export type {
  Example,
  FinishReason,
  Group,
  Message,
  Outcome,
  Part,
  Picture,
  RewardPart,
  Role,
  Rollout,
  Scored,
  ScoreRequest,
  Scorer,
  StepScore,
  Turn,
  TurnLog,
} from "./core/types.ts";
export { type Dataset, type DatasetContext, type DatasetDefinition, defineDataset } from "./datasets/define.ts";
export { defineEnvironment, type EnvironmentDefinition } from "./environments/define.ts";
export { Box, intersectionOverUnion } from "./rewards/box.ts";
export {
  type AnyReward,
  defineReward,
  type Failure,
  type GroupReturn,
  type GroupReward,
  type Need,
  type RewardDefinition,
  type RewardExample,
  type RewardInput,
  type RewardReturn,
  rewardInput,
  type TurnReturn,
  type TurnReward,
} from "./rewards/define.ts";
export { lastTag, parseBox, parseBoxes, parseLastBox, parseTrace, plainNumber, type Trace, wholeNumber } from "./rewards/parse.ts";
export type { ToolObservation, ToolUse } from "./rewards/tools.ts";
export { episode, type WrittenTurn } from "./rewards/turns.ts";
