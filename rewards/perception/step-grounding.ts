import { z } from "zod";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";

const MAX_STEPS = 256;
const Target = z.object({
  segments: z.array(z.int().min(1)).default([]),
  frames: z
    .array(z.tuple([z.int().min(0), z.int().min(0)]).refine(([start, end]) => end >= start, "expected an end not before the start"))
    .default([]),
  boxes: z.array(z.object({ frame: z.int().min(0), box: Box })).default([]),
});

/** What a completion looked at: distinct segments and frames, and each zoom with the frame it is of, null before any frame. */
interface Steps {
  segments: number[];
  frames: number[];
  zooms: { frame: number | null; box: Box }[];
}

const ACTION = /^.{0,200}?\b(FIND_SEGMENT|FIND_FRAME|SPATIAL_ZOOM)\(.{0,1000}\)\s{0,8}=\s{0,8}(\[[^\]]{0,500}\]|[0-9]{1,9})/i;

/** Actions of the text up to FINAL_ANSWER, one a line. A number without brackets is read as a list of one. */
export function manipulations(completion: string): Steps {
  const end = completion.search(/FINAL_ANSWER/i);
  const steps: Steps = { segments: [], frames: [], zooms: [] };
  let current: number | null = null;
  let count = 0;
  for (const line of (end < 0 ? completion : completion.slice(0, end)).split("\n")) {
    const match = line.includes("(") ? ACTION.exec(line) : null;
    if (match === null) continue;
    if (++count > MAX_STEPS) break;
    const kind = match[1]!.toUpperCase();
    const numbers = numbersOf(match[2]!);
    if (kind === "FIND_SEGMENT") steps.segments.push(...numbers);
    if (kind === "FIND_FRAME") {
      steps.frames.push(...numbers);
      current = numbers.at(-1) ?? current;
    }
    if (kind !== "SPATIAL_ZOOM" || numbers.length !== 4) continue;
    const [x1, y1, x2, y2] = numbers as Box;
    steps.zooms.push({ frame: current, box: [x1, y1, x2, y2] });
  }
  const seen = new Set<string>();
  const distinct = steps.zooms.filter((zoom) => seen.size !== seen.add(JSON.stringify(zoom)).size);
  return { segments: [...new Set(steps.segments)], frames: [...new Set(steps.frames)], zooms: distinct };
}

/** The numbers of `[1, 2.5]` or `3`; none where any of them is not one. */
function numbersOf(list: string): number[] {
  const pieces = list
    .replace(/^\[|\]$/g, "")
    .split(",")
    .map((piece) => piece.trim());
  return pieces.every((piece) => /^[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(piece)) ? pieces.map(Number) : [];
}

/**
 * The share of a video's manipulations that hit what matters: hits / manipulations, 0 where there are none.
 *
 * `FIND_SEGMENT(…) = [k]`, `FIND_FRAME(…) = [j]` and `SPATIAL_ZOOM(…) = [x1, y1, x2, y2]`, one a line, case ignored, up to FINAL_ANSWER. Distinct
 * segments count where the target has any, distinct frames always (inside any range), a zoom where its frame has a true box (IoU >= `iou`).
 * Target: { segments, frames: [start, end] each, boxes: { frame, box } }, boxes in pixels of the frame as it was shown.
 * Returns [0, 1]. Metrics: `hits`, `total`. It is a precision: no manipulation costs nothing, a single right one gives 1.
 * Source: Video-CoM (arXiv:2511.23477), R_reason, iou 0.35; its code drops all segments for `FIND_SEGMENT(x) = 2`, here that is a list of one.
 */
export const stepGrounding = defineReward({
  name: "step_grounding",
  target: Target,
  field: "grounding",
  options: z.strictObject({ iou: z.number().gt(0).max(1).default(0.35).describe("the least overlap of a zoom that hits") }),
  score({ completion, target, options }) {
    const { segments, frames, zooms } = manipulations(completion);
    const marks: boolean[] = [];
    if (target.segments.length > 0) marks.push(...segments.map((segment) => target.segments.includes(segment)));
    marks.push(...frames.map((frame) => target.frames.some(([start, end]) => frame >= start && frame <= end)));
    for (const { frame, box } of zooms) {
      const truth = target.boxes.filter((one) => one.frame === frame);
      if (truth.length > 0) marks.push(truth.some((one) => overlap(box, one.box) >= options.iou));
    }
    const hits = marks.filter(Boolean).length;
    return { score: marks.length === 0 ? 0 : hits / marks.length, metrics: { hits, total: marks.length } };
  },
});

function overlap(box: Box, truth: Box): number {
  return box[2] > box[0] && box[3] > box[1] ? intersectionOverUnion(box, truth) : 0;
}
