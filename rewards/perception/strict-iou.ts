import { z } from "zod";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { extractBox, firstAnswer } from "./grounding-patterns.ts";

const Gold = z.preprocess((value) => (Array.isArray(value) && typeof value[0] === "number" ? [value] : value), z.array(Box).min(1));

/** The largest IoU with any of the boxes; 0 for a box that is none or has its corners swapped. */
export function largestIou(box: Box | null, gold: readonly Box[]): number {
  if (box === null || !(box[2] > box[0] && box[3] > box[1])) return 0;
  return Math.max(...gold.map((one) => intersectionOverUnion(box, one)));
}

/**
 * IoU where it is above `tau`, else 0: close is not close enough.
 *
 * `read: training` takes the first answer block, whole numbers only, and the last box of the first spelling found; `read: evaluation`
 * takes the whole reply by eight spellings in a fixed order and multiplies fractions by 1000.
 * Target: a box [4], or several of which the best counts. Units: 0 to 1000, target and completion alike.
 * Returns 0, or (tau, 1]. Metrics: `iou`; `hit_50`, 1 where IoU is 0.5 or more.
 * Source: DeepPerception (arXiv:2503.12797), tau 0.8.
 */
export const strictIou = defineReward({
  name: "strict_iou",
  target: Gold,
  field: "box",
  options: z.strictObject({
    tau: z.number().min(0).lt(1).default(0.8).describe("an overlap up to this is worth 0"),
    read: z
      .enum(["training", "evaluation"])
      .default("training")
      .describe("training: the first answer, whole numbers; evaluation: the whole reply, eight spellings"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>(0,0),(100,100)</answer>", target: [0, 0, 100, 100], score: 1 },
    { completion: "<answer>(0,0),(100,90)</answer>", target: [0, 0, 100, 100], score: 0.9 },
    { completion: "<answer>(0,0),(100,70)</answer>", target: [0, 0, 100, 100], score: 0 },
  ],
  score({ completion, target, options: { tau, read } }) {
    const box = read === "training" ? extractBox(firstAnswer(completion) ?? "", "training") : extractBox(completion, "evaluation");
    const iou = largestIou(box, target);
    return { score: iou > tau ? iou : 0, metrics: { iou, hit_50: iou >= 0.5 ? 1 : 0 } };
  },
});
