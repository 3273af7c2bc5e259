import { z } from "zod";
import { defineReward } from "../define.ts";
import { drivingOptions, needsCodebook, writtenPlan } from "./driving.ts";

/**
 * How near a written plan is to the logged drive: max(0, 1 - ADE / scale), ADE the mean distance of poses of the same time over the plan.
 *
 * Target: the logged poses after each step, [steps][2], meters. Read as `driving.ts` says; a plan of fewer steps than the log is compared as far
 * as the log goes, filled up as said there. Returns [0, 1]; 0 without a plan.
 * Metrics: `ade`, `l2_1s`, `l2_2s`, `l2_3s` (distance at that time, where the log reaches it), meters; left out without a plan.
 * Source: AutoVLA (arXiv:2506.13757), its displacement-based score for logged data and its L2 evaluation.
 */
export const drivingL2 = defineReward({
  name: "driving_l2",
  target: z
    .array(z.tuple([z.number(), z.number()]))
    .min(1)
    .max(100),
  field: "drive",
  options: z
    .strictObject({ ...drivingOptions, scale: z.number().gt(0).default(5).describe("meters off from which on a plan is worth nothing") })
    .refine(needsCodebook, "actions are read by a codebook; give one"),
  range: [0, 1],
  examples: [
    {
      completion: "(1,0) (2,0)",
      target: [
        [1, 0],
        [2, 0],
      ],
      score: 1,
    },
    {
      completion: "(1,1) (2,1)",
      target: [
        [1, 0],
        [2, 0],
      ],
      score: 1 - 1 / 5,
    },
  ],
  score({ completion, target, options }) {
    const plan = writtenPlan(completion, { ...options, steps: target.length });
    if (plan === null) return 0;
    const apart = target.map(([x, y], i) => Math.hypot(plan[i]![0] - x, plan[i]![1] - y));
    const ade = apart.reduce((sum, d) => sum + d, 0) / apart.length;
    const metrics: Record<string, number> = { ade };
    for (const time of [1, 2, 3]) {
      const there = apart[Math.round(time / options.step_s) - 1];
      if (there !== undefined) metrics[`l2_${time}s`] = there;
    }
    return { score: Math.max(0, 1 - ade / options.scale), metrics };
  },
});
