import type { RewardDefinition } from "../define.ts";
import { actionValidity } from "./action-validity.ts";
import { errorLocation, firstError } from "./first-error.ts";
import { stepMatch } from "./step-match.ts";
import { subGoals } from "./sub-goals.ts";

/** Rewards that look at the steps of a completion, most of which say what each is worth. */
export const stepLevel: RewardDefinition[] = [actionValidity, errorLocation, firstError, stepMatch, subGoals];
