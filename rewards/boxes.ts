import { z } from "zod";
import { Box } from "./box.ts";
import { matchBoxes } from "./box-matching.ts";
import { defineReward } from "./define.ts";
import { parseBoxes } from "./parse.ts";

/** Boxes beyond this many can't match anything, though each still counts as a prediction. */
const MAX_MATCHED = 64;

const Located = z.preprocess((value) => (Array.isArray(value) ? { box: value } : value), z.object({ box: Box }));

/**
 * Overlap of all `<box>`es in the completion with all true boxes, matched one to one so that the total is largest.
 *
 *   score = sum of matched IoU / max(predicted, true)
 *
 * Every opened `<box>` is a prediction, so a blank, unclosed or swapped one costs as much as one that misses, and a shower of
 * guesses is paid less than a single good one. Only the first 64 are matched. One spelling; `box_set` with `metric: mean_iou` reads others.
 * Target: a list of boxes [4], or of objects with a `box` [4]; at least one. Units: pixels of the original image.
 * Steps: each predicted box, with its matched IoU.
 * Metrics: `box_iou`, mean matched IoU over the true boxes; `f1_50`, 2 hits / (predicted + true), a hit being a matched IoU of 0.5 or more.
 * Source: this project; the matching is DETR's (arXiv:2005.12872).
 */
export const boxes = defineReward({
  name: "boxes",
  target: z.array(Located).min(1, "expected at least one box"),
  field: "digits",
  range: [0, 1],
  examples: [
    {
      completion: "<box>0,0,10,10</box><box>20,0,30,10</box>",
      target: [
        [0, 0, 10, 10],
        [20, 0, 30, 10],
      ],
      score: 1,
    },
    {
      completion: "<box>0,0,10,10</box>",
      target: [
        [0, 0, 10, 10],
        [20, 0, 30, 10],
      ],
      score: 1 / 2,
    },
  ],
  score({ completion, target }) {
    const predicted = parseBoxes(completion, MAX_MATCHED);
    const { ofTruth: matched, ofWritten } = matchBoxes(
      predicted.boxes,
      target.map(({ box }) => box),
    );
    const steps = predicted.places.map(([start, end], i) => ({ name: `box/${i}`, start, end, score: ofWritten[i]! }));
    const total = matched.reduce((sum, overlap) => sum + overlap, 0);
    const hits = matched.filter((overlap) => overlap >= 0.5).length;
    return {
      score: total / Math.max(predicted.count, target.length),
      metrics: { box_iou: total / target.length, f1_50: (2 * hits) / (predicted.count + target.length) },
      steps,
    };
  },
});
