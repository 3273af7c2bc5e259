import { z } from "zod";
import { Random } from "../../core/random.ts";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { boxAfterThinking } from "./bbox-key.ts";

const SIDE = 1000;

/**
 * What a box drawn without looking is worth: the mean of f(IoU) over `samples` random boxes, width and height uniform in [0.05, 1] of
 * the picture, place uniform. f(i) = i for k = 0, else (e^(k i) - 1) / (e^k - 1). Units of the target: 0 to 1000.
 */
export function shortcutExpectation(target: Box, { samples, k, random }: { samples: number; k: number; random: Random }): number {
  let total = 0;
  for (let i = 0; i < samples; i++) {
    const [width, height] = [(0.05 + 0.95 * random.uniform()) * SIDE, (0.05 + 0.95 * random.uniform()) * SIDE];
    const [x, y] = [random.uniform() * (SIDE - width), random.uniform() * (SIDE - height)];
    total += curved(intersectionOverUnion([x, y, x + width, y + height], target), k);
  }
  return total / samples;
}

function curved(iou: number, k: number): number {
  return k === 0 ? iou : Math.expm1(k * iou) / Math.expm1(k);
}

/** (iou - E) / (1 - E): 0 for what a blind guess gets on average, and below 0 for less. */
export function shortcutAdjusted(iou: number, expectation: number): number {
  if (1 - expectation < 1e-9) return iou === 1 ? 1 : 0;
  return (iou - expectation) / (1 - expectation);
}

/**
 * IoU of the box after `</think>` with the target, less what a box drawn blindly would get: (IoU - E) / (1 - E), not clipped.
 *
 * E is the option `expectation`, or else the mean over `samples` boxes drawn from the run's seed and the row's id (see
 * `shortcutExpectation`), the same for every completion of a row.
 * Shapes: boxes [4]. Units: 0 to 1000, target and completion alike. Corners are put in order and clipped.
 * Returns at most 1; -E / (1 - E) where there is no box. Metrics: `iou`, `expectation`.
 * Source: RS-EoT (arXiv:2511.22396), grounding stage of the released code, k 0.
 */
export const iouShortcutAdjusted = defineReward({
  name: "iou_shortcut_adjusted",
  target: Box.refine((box) => box.every((value) => value >= 0 && value <= SIDE), "expected 0 to 1000"),
  field: "box",
  options: z.strictObject({
    k: z.number().min(0).max(50).default(0).describe("how steeply a blind box's IoU counts"),
    samples: z.int().min(1).max(20_000).default(10_000).describe("blind boxes drawn"),
    expectation: z.number().min(0).max(1).optional().describe("E itself, in place of drawing"),
  }),
  examples: [
    { completion: '<think>a</think>{"bbox":[0,0,100,100]}', target: [0, 0, 100, 100], score: 1 },
    {
      completion: '<think>a</think>{"bbox":[0,0,100,90]}',
      target: [0, 0, 100, 100],
      options: { expectation: 0.2 },
      score: (0.9 - 0.2) / 0.8,
    },
  ],
  score({ completion, target, options: { k, samples, expectation }, seed, exampleId }) {
    const box = boxAfterThinking(completion).box;
    const iou = box === null ? 0 : intersectionOverUnion(box, target);
    const blind = expectation ?? shortcutExpectation(target, { samples, k, random: Random.of(seed, "blind boxes", exampleId) });
    return { score: shortcutAdjusted(iou, blind), metrics: { iou, expectation: blind } };
  },
});
