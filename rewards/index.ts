import { registry } from "../core/registry.ts";
import { answer } from "./answer.ts";
import { boxIou } from "./box-iou.ts";
import { boxes } from "./boxes.ts";
import type { RewardDefinition } from "./define.ts";
import { format } from "./format.ts";
import { judgeBinary } from "./judged/binary.ts";
import { judgeGraded } from "./judged/graded.ts";
import { judgePairwise } from "./judged/pairwise.ts";
import { judgeRubric } from "./judged/rubric.ts";
import { random } from "./random.ts";
import { steps } from "./steps.ts";

export const rewards = registry<RewardDefinition>("reward", [
  answer,
  boxIou,
  boxes,
  format,
  judgeBinary,
  judgeGraded,
  judgePairwise,
  judgeRubric,
  random,
  steps,
]);
