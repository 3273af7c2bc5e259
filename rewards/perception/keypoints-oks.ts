import { z } from "zod";
import { defineReward } from "../define.ts";
import { Coordinates, frameOf, type Point, readPoint } from "../geometry/coordinates.ts";
import { COCO_SIGMAS, keypointSimilarity } from "../geometry/keypoints.ts";
import { NO_PICTURE } from "./box-reading.ts";
import { parseJson, region, Tag } from "./written.ts";

const Target = z
  .object({
    keypoints: z
      .array(z.tuple([z.number(), z.number(), z.int().min(0).max(2)]))
      .min(1)
      .max(256),
    area: z.number().gt(0),
    sigmas: z.array(z.number().gt(0)).optional(),
  })
  .refine(
    ({ keypoints, sigmas }) => keypoints.length === (sigmas ?? COCO_SIGMAS).length,
    "expected a sigma for each keypoint; COCO's are 17",
  )
  .refine(({ keypoints }) => keypoints.some(([, , visibility]) => visibility > 0), "expected at least one labelled keypoint");

/** For the examples. */
const EYES = {
  keypoints: [
    [10, 10, 2],
    [20, 10, 2],
  ],
  area: 100,
  sigmas: [0.1, 0.1],
};

/**
 * Object keypoint similarity of a JSON list `[[x, y], null, …]`, one entry for each keypoint in order, null for one not found.
 *
 * Target: { keypoints: list of [x, y, visibility], area in pixels^2, sigmas } with COCO's 17 of a person unless sigmas are given.
 * Units: see `coordinates`. Returns [0, 1]; 0 for anything but such a list. Entries too many make it 0, entries missing count 0 each.
 * Source: COCO keypoint evaluation.
 */
export const keypointsOks = defineReward({
  name: "keypoints_oks",
  target: Target,
  field: "person",
  options: z.strictObject({ tag: Tag, coordinates: Coordinates }),
  range: [0, 1],
  examples: [
    { completion: "[[10, 10], [20, 10]]", target: EYES, score: 1 },
    { completion: "[[10, 10], null]", target: EYES, score: 1 / 2 },
  ],
  score({ completion, target, options, example }) {
    const frame = frameOf(options.coordinates, example);
    if (frame === null) return NO_PICTURE;
    const given = writtenKeypoints(region(completion, options.tag));
    if (given === null || given.length > target.keypoints.length) return 0;
    const points = given.map((point) => (point === null ? null : readPoint(point, frame)));
    return keypointSimilarity(points, target.keypoints, target.area, target.sigmas ?? COCO_SIGMAS);
  },
});

function writtenKeypoints(text: string): (Point | null)[] | null {
  const from = text.indexOf("[");
  const to = text.lastIndexOf("]");
  const value = from < 0 || to < from ? undefined : parseJson(text.slice(from, to + 1));
  if (!Array.isArray(value)) return null;
  return value.map((one: unknown) => {
    if (!Array.isArray(one) || one.length < 2 || one.length > 3) return null;
    const [x, y]: unknown[] = one;
    return Number.isFinite(x) && Number.isFinite(y) ? [x as number, y as number] : null;
  });
}
