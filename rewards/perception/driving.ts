import { z } from "zod";
import { followed, type Pose, withHeadings } from "../geometry/poses.ts";
import { writtenPoints } from "./written.ts";

/** How a driven path is written: tokens `<action_3>` that stand for moves, or waypoints in meters. The shared options of driving rewards. */
export const drivingOptions = {
  read: z.enum(["waypoints", "actions"]).default("waypoints").describe("points in meters, or tokens of the codebook"),
  codebook: z
    .array(z.tuple([z.number(), z.number(), z.number()]))
    .min(1)
    .max(8192)
    .optional()
    .describe("actions: dx, dy in meters and turn in radians of each token, in the frame of the pose before; the first stands still"),
  steps: z.int().min(1).max(100).default(10).describe("poses in a plan"),
  step_s: z.number().gt(0).default(0.5).describe("seconds between poses"),
};

export function needsCodebook({ read, codebook }: { read: string; codebook?: unknown }): boolean {
  return read === "waypoints" || codebook !== undefined;
}

interface Reading {
  read: "waypoints" | "actions";
  codebook?: Pose[];
  steps: number;
}

/**
 * The plan in a completion, one pose a step. More steps than asked for are cut off; actions too few are filled up with the first move of the
 * codebook, waypoints too few with the last. Null where there is none, or an action that the codebook lacks.
 * Source: AutoVLA (arXiv:2506.13757), decoding of its action tokens.
 */
export function writtenPlan(completion: string, { read, codebook = [], steps }: Reading): Pose[] | null {
  if (read === "actions") {
    const ids = Array.from(completion.matchAll(/<action_([0-9]{1,6})>/g), (match) => Number(match[1])).slice(0, steps);
    if (ids.length === 0 || ids.some((id) => id >= codebook.length)) return null;
    while (ids.length < steps) ids.push(0);
    return followed(ids.map((id) => codebook[id]!));
  }
  const points = writtenPoints(completion, steps).first;
  if (points.length === 0 || points.some(([x, y]) => Math.abs(x) > 1e6 || Math.abs(y) > 1e6)) return null;
  while (points.length < steps) points.push(points.at(-1)!);
  return withHeadings(points);
}
