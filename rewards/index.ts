import { registry } from "../core/registry.ts";
import { answer } from "./answer.ts";
import { boxIou } from "./box-iou.ts";
import { boxes } from "./boxes.ts";
import type { RewardDefinition } from "./define.ts";
import { format } from "./format.ts";
import { bboxKeyFormat } from "./perception/bbox-key.ts";
import { boxOverlap } from "./perception/box-overlap.ts";
import { boxSet } from "./perception/box-set.ts";
import { count } from "./perception/count.ts";
import { heuristicsMax } from "./perception/heuristics-max.ts";
import { hungarianProposals } from "./perception/hungarian-proposals.ts";
import { iouShortcutAdjusted } from "./perception/iou-shortcut-adjusted.ts";
import { keypointsOks } from "./perception/keypoints-oks.ts";
import { maskIouReward } from "./perception/mask-iou.ts";
import { pointHit } from "./perception/point-hit.ts";
import { salienceIou } from "./perception/salience-iou.ts";
import { softIouReward } from "./perception/soft-iou.ts";
import { strictIou } from "./perception/strict-iou.ts";
import { structuredFormat } from "./perception/structured-format.ts";
import { thinkBoxFormat } from "./perception/think-box-format.ts";
import { random } from "./random.ts";
import { steps } from "./steps.ts";

export const rewards = registry<RewardDefinition>("reward", [
  answer,
  boxIou,
  boxes,
  format,
  random,
  steps,
  boxOverlap,
  softIouReward,
  strictIou,
  thinkBoxFormat,
  boxSet,
  salienceIou,
  heuristicsMax,
  iouShortcutAdjusted,
  bboxKeyFormat,
  hungarianProposals,
  structuredFormat,
  count,
  pointHit,
  maskIouReward,
  keypointsOks,
]);
