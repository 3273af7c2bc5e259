import type { RewardDefinition } from "../define.ts";
import { actionHierarchy } from "./action-hierarchy.ts";
import { boxedFormat } from "./boxed-format.ts";
import { choice } from "./choice.ts";
import { contains } from "./contains.ts";
import { decision } from "./decision.ts";
import { editRatio } from "./edit-ratio.ts";
import { itemSet } from "./item-set.ts";
import { javascriptTests } from "./javascript-tests.ts";
import { jsonMatch } from "./json-match.ts";
import { jsonSchema } from "./json-schema.ts";
import { math } from "./math.ts";
import { multiSelect } from "./multi-select.ts";
import { ndcg } from "./ndcg.ts";
import { numberMatch } from "./number-match.ts";
import { plan } from "./plan.ts";
import { pythonTests } from "./python-tests.ts";
import { ranking } from "./ranking.ts";
import { regex } from "./regex.ts";
import { sqlResult } from "./sql-result.ts";
import { tableFidelity } from "./table-fidelity.ts";
import { textMatch } from "./text-match.ts";

/** Rewards that compare an answer with what is known to be right, or check it by rule. */
export const verifiable = [
  actionHierarchy,
  boxedFormat,
  choice,
  contains,
  decision,
  editRatio,
  itemSet,
  javascriptTests,
  jsonMatch,
  jsonSchema,
  math,
  multiSelect,
  ndcg,
  numberMatch,
  plan,
  pythonTests,
  ranking,
  regex,
  sqlResult,
  tableFidelity,
  textMatch,
] as RewardDefinition[];
