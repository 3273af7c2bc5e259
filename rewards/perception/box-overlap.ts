import { z } from "zod";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { distanceIou, generalizedIou } from "../geometry/overlap.ts";
import { boxOptions, NO_PICTURE, readBoxes } from "./box-reading.ts";

const METRICS = {
  iou: { overlap: intersectionOverUnion, none: 0 },
  giou: { overlap: generalizedIou, none: -1 },
  diou: { overlap: distanceIou, none: -1 },
  giou01: { overlap: (a: Box, b: Box) => (generalizedIou(a, b) + 1) / 2, none: 0 },
  diou01: { overlap: (a: Box, b: Box) => (distanceIou(a, b) + 1) / 2, none: 0 },
};

/**
 * Overlap of one written box with the target box, in any convention of coordinates.
 *
 * Shapes: both boxes [4]. Units: see `coordinates`; the target is in pixels of the picture, corners, unless that says otherwise.
 * Returns IoU, or GIoU or DIoU: in [0, 1] for `iou`, `giou01` and `diou01`, the last two being (value + 1) / 2, and in [-1, 1] for `giou`
 * and `diou`. No box, or none where the picked one stands, is the lowest of the metric.
 * Source: IoU as in VLM-R1 (arXiv:2504.07615); GIoU arXiv:1902.09630; DIoU arXiv:1911.08287; giou01 as in VLA-R1 (arXiv:2510.01623).
 */
export const boxOverlap = defineReward({
  name: "box_overlap",
  target: Box,
  field: "box",
  options: z.strictObject({
    metric: z
      .enum(["iou", "giou", "giou01", "diou", "diou01"])
      .default("iou")
      .describe("the measure; those that end in 01 are (value + 1) / 2"),
    pick: z.enum(["first", "last"]).default("last").describe("which box counts where there are several"),
    ...boxOptions,
  }),
  range: [-1, 1],
  examples: [
    { completion: "<box>0,0,10,10</box>", target: [0, 0, 10, 10], score: 1 },
    { completion: "[5, 0, 15, 10]", target: [0, 0, 10, 10], score: 50 / 150 },
    {
      completion: '{"bbox_2d": [0, 0, 500, 500]}',
      target: [0, 0, 100, 50],
      fields: { image: { width: 200, height: 100 } },
      options: { coordinates: { units: "thousand" } },
      score: 1,
    },
  ],
  score(input) {
    const boxes = readBoxes(input);
    if (boxes === null) return NO_PICTURE;
    const { overlap, none } = METRICS[input.options.metric];
    const box = (input.options.pick === "first" ? boxes.first[0] : boxes.last)?.box ?? null;
    return box === null ? none : overlap(box, input.target);
  },
});
