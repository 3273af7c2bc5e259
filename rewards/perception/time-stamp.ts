import { z } from "zod";
import { defineReward } from "../define.ts";
import { writtenTimes } from "./windows.ts";
import { region, Tag } from "./written.ts";

/**
 * How near the last written time is to the true moment, or to the nearest of several: 1 - |t - target| / tolerance, and 0 beyond; with
 * `grade: hit` 1 within the tolerance, else 0. Target: seconds, or a list. Written as `75`, `75.5`, `01:15`, `00:01:15`.
 * Returns [0, 1]; 0 without a time. Source: this project.
 */
export const timeStamp = defineReward({
  name: "time_stamp",
  target: z.preprocess((value) => (typeof value === "number" ? [value] : value), z.array(z.number().min(0)).min(1).max(256)),
  field: "moment",
  options: z.strictObject({
    tolerance: z.number().gt(0).default(5).describe("seconds"),
    grade: z.enum(["graded", "hit"]).default("graded").describe("graded: less by the distance; hit: 1 within the tolerance"),
    tag: Tag,
  }),
  range: [0, 1],
  examples: [
    { completion: "at 01:15", target: 75, score: 1 },
    { completion: "at 01:17", target: 75, score: 1 - 2 / 5 },
  ],
  score({ completion, target, options: { tolerance, grade, tag } }) {
    const time = writtenTimes(region(completion, tag)).at(-1);
    if (time === undefined) return 0;
    const apart = Math.min(...target.map((moment) => Math.abs(moment - time)));
    if (grade === "hit") return apart <= tolerance ? 1 : 0;
    return Math.max(0, 1 - apart / tolerance);
  },
});
