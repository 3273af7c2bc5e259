import type { RewardDefinition } from "../define.ts";
import { choice } from "./choice.ts";
import { editRatio } from "./edit-ratio.ts";
import { math } from "./math.ts";
import { multiSelect } from "./multi-select.ts";
import { numberMatch } from "./number-match.ts";
import { textMatch } from "./text-match.ts";

/** Rewards that compare an answer with what is known to be right, or check it by rule. */
export const verifiable: RewardDefinition[] = [choice, editRatio, math, multiSelect, numberMatch, textMatch] as RewardDefinition[];
