import { z } from "zod";
import { Box } from "../box.ts";
import { matchBoxes } from "../box-matching.ts";
import { defineReward } from "../define.ts";
import { averagePrecision } from "../geometry/average-precision.ts";
import { boxOptions, NO_PICTURE, readBoxes } from "./box-reading.ts";

const Located = z.preprocess((value) => (Array.isArray(value) ? { box: value } : value), z.object({ box: Box }));
const MAX_BOXES = 256;
const COCO_THRESHOLDS = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100);

/**
 * How well the written boxes cover the true ones.
 *
 *   f1        2 hits / (predicted + true), a hit being a pair of the one-to-one matching of largest total IoU with IoU >= threshold
 *   mean_iou  sum of matched IoU / max(predicted, true)
 *   ap        average precision of the order they were written in, at `threshold`, or its mean over 0.5, 0.55 … 0.95 with `ap_coco`
 *
 * Whatever claims to be a box counts as predicted (see `writtenBoxes`). The first 256 are matched, those beyond count in `f1` and
 * `mean_iou`. Target: list of boxes [4] or of { box }; none is allowed, and then 1 for no box, else 0. Units: see `coordinates`.
 * Returns [0, 1]. Steps: each matched or unmatched box with its IoU.
 * Source: DETR's matching (arXiv:2005.12872) with IoU as its weight; AP of COCO (101 points) or VOC 2010 (area), `ap_method`.
 */
export const boxSet = defineReward({
  name: "box_set",
  target: z.array(Located).max(MAX_BOXES),
  field: "boxes",
  options: z.strictObject({
    metric: z
      .enum(["f1", "mean_iou", "ap", "ap_coco"])
      .default("f1")
      .describe("hits, mean overlap, or average precision at one or ten thresholds"),
    threshold: z.number().gt(0).max(1).default(0.5).describe("the least IoU of a hit, for f1 and ap"),
    ap_method: z.enum(["coco_101", "area"]).default("coco_101").describe("101 recalls, or the area under the curve"),
    ...boxOptions,
  }),
  range: [0, 1],
  examples: [
    {
      completion: "[0,0,10,10] [20,0,30,10]",
      target: [
        [0, 0, 10, 10],
        [20, 0, 30, 10],
      ],
      score: 1,
    },
    {
      completion: "[0,0,10,10]",
      target: [
        [0, 0, 10, 10],
        [20, 0, 30, 10],
      ],
      score: 2 / 3,
    },
  ],
  score(input) {
    const { target, options } = input;
    const read = readBoxes(input, MAX_BOXES);
    if (read === null) return NO_PICTURE;
    if (target.length === 0) return read.count === 0 ? 1 : 0;
    const truth = target.map(({ box }) => box);
    const boxes = read.first.map(({ box }) => box);
    const { ofTruth: matched, ofWritten } = matchBoxes(boxes, truth);
    const ap = (threshold: number) => averagePrecision(boxes, truth, threshold, options.ap_method);
    const score = {
      f1: () => (2 * matched.filter((iou) => iou >= options.threshold).length) / (read.count + truth.length),
      mean_iou: () => matched.reduce((sum, iou) => sum + iou, 0) / Math.max(read.count, truth.length),
      ap: () => ap(options.threshold),
      ap_coco: () => COCO_THRESHOLDS.reduce((sum, threshold) => sum + ap(threshold), 0) / COCO_THRESHOLDS.length,
    }[options.metric]();
    // Places are of the text that was read: without `tag` that is the completion, and only then are they steps of it.
    if (options.tag !== undefined) return score;
    const steps = read.first.map(({ start, end }, i) => ({ name: `box/${i}`, start, end, score: ofWritten[i]! }));
    return { score, steps };
  },
});
