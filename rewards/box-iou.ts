import { Box, intersectionOverUnion } from "./box.ts";
import { defineReward } from "./define.ts";
import { parseLastBox } from "./parse.ts";

/**
 * Overlap of the last `<box>x1,y1,x2,y2</box>` in the completion with the target box.
 *
 * Shapes: both boxes [4]. Units: pixels of the original image, origin top left.
 * Returns intersection over union in [0, 1]; 0 if the last box is not a valid one, which is the policy's mistake.
 * One spelling, in pixels; `box_overlap` reads others. Never throws: a bad target is our mistake, and `target` refuses it when the dataset loads.
 * Source: VLM-R1 (arXiv:2504.07615), accuracy reward for referring expressions.
 */
export const boxIou = defineReward({
  name: "box_iou",
  target: Box,
  field: "box",
  range: [0, 1],
  examples: [
    { completion: "<box>0,0,10,10</box>", target: [0, 0, 10, 10], score: 1 },
    { completion: "<box>5,0,15,10</box>", target: [0, 0, 10, 10], score: 50 / 150 },
  ],
  score({ completion, target }) {
    const box = parseLastBox(completion);
    return box === null ? 0 : intersectionOverUnion(box, target);
  },
});
