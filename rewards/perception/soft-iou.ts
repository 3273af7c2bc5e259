import { z } from "zod";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { boxOptions, NO_PICTURE, readBoxes } from "./box-reading.ts";

/** 1 from `tau` on, and iou / tau below it. */
export function softIou(iou: number, tau: number): number {
  return iou >= tau ? 1 : iou / tau;
}

/**
 * IoU of the last written box with the target, divided by `tau` and at most 1: beyond `tau` a better box is worth no more.
 * Shapes: boxes [4]; units: see `coordinates`. Returns [0, 1]; 0 without a box. Metrics: `iou`.
 * Source: InfiGUI-R1 (arXiv:2504.14239), grounding by box, tau 0.7.
 */
export const softIouReward = defineReward({
  name: "soft_iou",
  target: Box,
  field: "box",
  options: z.strictObject({ tau: z.number().gt(0).max(1).default(0.7).describe("the overlap that is worth 1"), ...boxOptions }),
  range: [0, 1],
  examples: [
    { completion: "<box>0,0,10,8</box>", target: [0, 0, 10, 10], score: 1 },
    { completion: "<box>5,0,15,10</box>", target: [0, 0, 10, 10], score: 50 / 150 / 0.7 },
  ],
  score(input) {
    const boxes = readBoxes(input);
    if (boxes === null) return NO_PICTURE;
    const box = boxes.last?.box ?? null;
    const iou = box === null ? 0 : intersectionOverUnion(box, input.target);
    return { score: softIou(iou, input.options.tau), metrics: { iou } };
  },
});
