import type { AnyReward } from "../define.ts";
import { bboxKeyFormat } from "./bbox-key.ts";
import { boxAreaCap } from "./box-area-cap.ts";
import { boxOverlap } from "./box-overlap.ts";
import { boxSet } from "./box-set.ts";
import { count } from "./count.ts";
import { descriptionSimilarity } from "./description.ts";
import { detection } from "./detection.ts";
import { drawingSimilarity } from "./drawing-similarity.ts";
import { drivingL2 } from "./driving-l2.ts";
import { guiStep } from "./gui-step.ts";
import { heuristicsMax } from "./heuristics-max.ts";
import { hungarianProposals } from "./hungarian-proposals.ts";
import { iouShortcutAdjusted } from "./iou-shortcut-adjusted.ts";
import { keypointsOks } from "./keypoints-oks.ts";
import { lastWindowIou } from "./last-window-iou.ts";
import { lengthSoftCap } from "./length-soft-cap.ts";
import { lettersOnly } from "./letters-only.ts";
import { maskIouReward } from "./mask-iou.ts";
import { ocrAnls, ocrErrorRate } from "./ocr.ts";
import { pdm } from "./pdm.ts";
import { pointHit } from "./point-hit.ts";
import { renderFormat, renderToolUse } from "./render-turns.ts";
import { salienceIou } from "./salience-iou.ts";
import { softIouReward } from "./soft-iou.ts";
import { strictIou } from "./strict-iou.ts";
import { structuredFormat } from "./structured-format.ts";
import { temporalIou } from "./temporal-iou.ts";
import { thinkBoxFormat } from "./think-box-format.ts";
import { timeStamp } from "./time-stamp.ts";
import { trajectory } from "./trajectory.ts";
import { vlaFormat, vlaTask } from "./vla-task.ts";
import { zoomAnswer, zoomTool } from "./zoom-tool.ts";

/** Rewards of what a completion says of a picture, a video or a scene. */
export const perception: AnyReward[] = [
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
  vlaTask,
  vlaFormat,
  trajectory,
  pdm,
  drivingL2,
  guiStep,
  boxAreaCap,
  zoomAnswer,
  zoomTool,
  descriptionSimilarity,
  lengthSoftCap,
  ocrAnls,
  ocrErrorRate,
  drawingSimilarity,
  renderFormat,
  renderToolUse,
  detection,
  lettersOnly,
];
