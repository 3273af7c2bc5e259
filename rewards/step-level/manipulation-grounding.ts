import { z } from "zod";
import type { StepScore } from "../../core/types.ts";
import { Box, intersectionOverUnion } from "../box.ts";
import { defineReward } from "../define.ts";
import { type Manipulation, parseManipulations } from "./manipulations.ts";

const Gold = z.object({
  answer: z.string().regex(/^[A-Z]$/, "expected an option letter"),
  valid_segments: z.array(z.int().min(1)).default([]),
  valid_frames: z
    .array(z.tuple([z.int().min(1), z.int().min(1)]).refine(([from, to]) => from <= to, "expected a first and a last frame"))
    .default([]),
  valid_bounding_box: z.array(z.tuple([z.int().min(1), Box])).default([]),
});
type Gold = z.infer<typeof Gold>;

const Options = z.strictObject({
  answer: z.number().min(0).default(1).describe("weight of the right letter"),
  reasoning: z.number().min(0).default(1).describe("weight of the manipulations"),
  iou: z.number().min(0).max(1).default(0.35).describe("a zoom hits from this overlap on"),
});

/**
 * The right answer, and the share of the manipulations that look at the right place: answer * [letter] + reasoning * hits / made.
 *
 * Counted once each: segments, if there are gold ones (hit: is one); frames (hit: inside a gold range); zooms into a frame that has a gold box, the
 * frame being the last number of the FIND_FRAME before (hit: overlap of `iou`). Range [0, answer + reasoning]. It is a precision: none made is 0,
 * and one good one is all.
 * Target: `{ answer, valid_segments, valid_frames: [[first, last]], valid_bounding_box: [[frame, box]] }`; boxes in pixels of the resized frame.
 * Steps: each line of manipulations, the share of its new ones that hit; a line that repeats others is not judged. Metrics: `answer`, `reasoning`.
 * Source: Video-CoM (CVPR 2026, mbzuai-oryx/Video-CoM).
 */
export const manipulationGrounding = defineReward({
  name: "manipulation_grounding",
  target: Gold,
  field: "gold",
  options: Options,
  score({ completion, target, options }) {
    const { manipulations, letter } = parseManipulations(completion);
    const seen = new Set<string>();
    let frame: number | undefined;
    let [hits, made] = [0, 0];
    const steps: StepScore[] = [];
    for (const [i, one] of manipulations.entries()) {
      if (one.kind === "frame") frame = one.values.at(-1);
      const judged = judge(one, frame, target, options.iou).filter(({ key }) => !seen.has(key) && seen.add(key));
      const right = judged.filter(({ hit }) => hit).length;
      hits += right;
      made += judged.length;
      if (judged.length > 0) steps.push({ name: `${one.kind}/${i}`, start: one.start, end: one.end, score: right / judged.length });
    }
    const reasoning = made === 0 ? 0 : hits / made;
    const answer = Number(letter === target.answer);
    return { score: options.answer * answer + options.reasoning * reasoning, steps, metrics: { answer, reasoning } };
  },
});

/** What a manipulation is counted as; nothing where there is nothing to hold it against. */
function judge({ kind, values }: Manipulation, frame: number | undefined, gold: Gold, least: number): { key: string; hit: boolean }[] {
  if (kind === "zoom") {
    const boxes = gold.valid_bounding_box.filter(([at]) => at === frame).map(([, box]) => box);
    if (boxes.length === 0) return [];
    const given = Box.safeParse(values);
    return [{ key: `zoom ${frame} ${values}`, hit: given.success && boxes.some((box) => intersectionOverUnion(given.data, box) >= least) }];
  }
  if (kind === "segment" && gold.valid_segments.length === 0) return [];
  return values.map((value) => ({
    key: `${kind} ${value}`,
    hit: kind === "segment" ? gold.valid_segments.includes(value) : gold.valid_frames.some(([from, to]) => from <= value && value <= to),
  }));
}
