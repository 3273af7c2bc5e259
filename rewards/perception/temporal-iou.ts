import { z } from "zod";
import { defineReward } from "../define.ts";
import { coverage, duration } from "../geometry/time.ts";
import { writtenWindows } from "./windows.ts";
import { region, Tag } from "./written.ts";

const Span = z.tuple([z.number().min(0), z.number().min(0)]).refine(([start, end]) => end > start, "expected an end after the start");

/**
 * How much of the true time the written windows cover, and how little else.
 *
 *   iou     time in both / time in either        recall  time in both / true time, which wide windows can raise without end
 * `pick: last` takes the last window, `all` the union of all of them (the first 64).
 * Target: [start, end] or a list of them, seconds. Written: `[10, 20]`, `00:10 - 00:20`, `10 to 20`, hours too.
 * Returns [0, 1]; 0 without a window, or where the last one ends before it starts. Source: temporal grounding, tIoU.
 */
export const temporalIou = defineReward({
  name: "temporal_iou",
  target: z.preprocess((value) => (Array.isArray(value) && typeof value[0] === "number" ? [value] : value), z.array(Span).min(1).max(256)),
  field: "window",
  options: z.strictObject({
    metric: z
      .enum(["iou", "recall"])
      .default("iou")
      .describe("overlap, or the share of the true time that is covered, which wide windows raise"),
    pick: z.enum(["last", "all"]).default("last").describe("the last window, or all of them joined"),
    tag: Tag,
  }),
  range: [0, 1],
  examples: [
    { completion: "00:10 - 00:20", target: [10, 20], score: 1 },
    { completion: "[15, 25]", target: [10, 20], score: 5 / 15 },
  ],
  score({ completion, target, options: { metric, pick, tag } }) {
    const { first, last } = writtenWindows(region(completion, tag));
    const windows = pick === "last" ? [last] : first;
    const { shared, joint } = coverage(
      windows.filter((window) => window !== null),
      target,
    );
    return Math.min(1, Math.max(0, shared / (metric === "iou" ? joint : duration(target))));
  },
});
