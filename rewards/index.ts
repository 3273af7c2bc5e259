import { registry } from "../core/registry.ts";
import { answer } from "./answer.ts";
import { boxIou } from "./box-iou.ts";
import { boxes } from "./boxes.ts";
import type { RewardDefinition } from "./define.ts";
import { format } from "./format.ts";
import { bboxKeyFormat } from "./perception/bbox-key.ts";
import { boxAreaCap } from "./perception/box-area-cap.ts";
import { boxOverlap } from "./perception/box-overlap.ts";
import { boxSet } from "./perception/box-set.ts";
import { count } from "./perception/count.ts";
import { descriptionSimilarity } from "./perception/description.ts";
import { detection } from "./perception/detection.ts";
import { drawingSimilarity } from "./perception/drawing-similarity.ts";
import { drivingL2 } from "./perception/driving-l2.ts";
import { finalOption } from "./perception/final-option.ts";
import { guiStep } from "./perception/gui-step.ts";
import { heuristicsMax } from "./perception/heuristics-max.ts";
import { hungarianProposals } from "./perception/hungarian-proposals.ts";
import { iouShortcutAdjusted } from "./perception/iou-shortcut-adjusted.ts";
import { keypointsOks } from "./perception/keypoints-oks.ts";
import { lastWindowIou } from "./perception/last-window-iou.ts";
import { lettersOnly } from "./perception/letters-only.ts";
import { maskIouReward } from "./perception/mask-iou.ts";
import { ocrAnls, ocrErrorRate } from "./perception/ocr.ts";
import { pdm } from "./perception/pdm.ts";
import { headingsFormat, keywordRecall, lengthSoftCap } from "./perception/pebr-parts.ts";
import { pointHit } from "./perception/point-hit.ts";
import { renderFormat, renderToolUse } from "./perception/render-turns.ts";
import { salienceIou } from "./perception/salience-iou.ts";
import { softIouReward } from "./perception/soft-iou.ts";
import { stepGrounding } from "./perception/step-grounding.ts";
import { strictIou } from "./perception/strict-iou.ts";
import { structuredFormat } from "./perception/structured-format.ts";
import { temporalIou } from "./perception/temporal-iou.ts";
import { thinkBoxFormat } from "./perception/think-box-format.ts";
import { timeStamp } from "./perception/time-stamp.ts";
import { toolSequenceFormat } from "./perception/tool-sequence-format.ts";
import { trajectory } from "./perception/trajectory.ts";
import { vlaFormat, vlaTask } from "./perception/vla-task.ts";
import { zoomAnswer, zoomFormat, zoomTool } from "./perception/zoom-tool.ts";
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
  temporalIou,
  timeStamp,
  lastWindowIou,
  toolSequenceFormat,
  stepGrounding,
  finalOption,
  vlaTask,
  vlaFormat,
  trajectory,
  pdm,
  drivingL2,
  guiStep,
  boxAreaCap,
  zoomAnswer,
  zoomTool,
  zoomFormat,
  descriptionSimilarity,
  keywordRecall,
  headingsFormat,
  lengthSoftCap,
  ocrAnls,
  ocrErrorRate,
  drawingSimilarity,
  renderFormat,
  renderToolUse,
  detection,
  lettersOnly,
]);
