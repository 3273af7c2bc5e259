import type { AnyReward } from "../define.ts";
import { judgeBinary } from "./binary.ts";
import { judgeGraded } from "./graded.ts";
import { judgeObservations, judgeSufficiency } from "./observations.ts";
import { judgePairwise } from "./pairwise.ts";
import { judgeRegion } from "./region.ts";
import { judgeRelative } from "./relative.ts";
import { judgeRubric } from "./rubric.ts";

/** Rewards that ask one of the recipe's judges. */
export const judged = [
  judgeBinary,
  judgeGraded,
  judgeObservations,
  judgePairwise,
  judgeRegion,
  judgeRelative,
  judgeRubric,
  judgeSufficiency,
] as AnyReward[];
