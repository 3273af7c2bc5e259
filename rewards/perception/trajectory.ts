import { z } from "zod";
import { defineReward } from "../define.ts";
import { Coordinates, frameOf, type Point, readPoint } from "../geometry/coordinates.ts";
import {
  discreteFrechet,
  distance,
  endPointDistance,
  hausdorff,
  meanDisplacement,
  rootMeanSquare,
  timeWarping,
} from "../geometry/curves.ts";
import { NO_PICTURE } from "./box-reading.ts";
import { region, Tag, writtenPoints } from "./written.ts";

const MAX_POINTS = 256;

const METRICS: Record<string, (p: Point[], q: Point[]) => number> = {
  frechet: (p, q) => discreteFrechet(p, q, (i, j) => distance(p[i]!, q[j]!)),
  dtw: (p, q) => timeWarping(p, q) / Math.max(p.length, q.length),
  hausdorff,
  end_point: endPointDistance,
  rmse: rootMeanSquare,
  ade: meanDisplacement,
};

/**
 * How near the written path is to the true one: max(0, 1 - distance / scale).
 *
 *   frechet    discrete Fréchet distance        hausdorff  the same without order
 *   dtw        dynamic time warping over the longer path's number of points
 *   end_point  between the last points          rmse, ade  root of the mean square, or mean, of paired points; resampled by length to the
 *                                               target's number where the numbers differ
 * Shapes: [n][2] each, n from 1 to 256. Units: see `coordinates`; `scale` is in the target's. Returns [0, 1]; 0 without a point, or with
 * more than 256. Metrics: `distance`, where there is a path.
 * Source: the measures of VLA-R1's evaluation (arXiv:2510.01623); Eiter & Mannila 1994; Sakoe & Chiba 1978.
 */
export const trajectory = defineReward({
  name: "trajectory",
  target: z
    .array(z.tuple([z.number(), z.number()]))
    .min(1)
    .max(MAX_POINTS),
  field: "path",
  options: z.strictObject({
    metric: z.enum(["frechet", "dtw", "hausdorff", "end_point", "rmse", "ade"]).default("frechet").describe("the distance between paths"),
    scale: z.number().gt(0).default(100).describe("the distance from which on a path is worth nothing"),
    tag: Tag,
    coordinates: Coordinates,
  }),
  range: [0, 1],
  examples: [
    {
      completion: "(0, 0), (100, 0)",
      target: [
        [0, 0],
        [100, 0],
      ],
      score: 1,
    },
    {
      completion: "(0, 10), (100, 10)",
      target: [
        [0, 0],
        [100, 0],
      ],
      score: 1 - 10 / 100,
    },
  ],
  score({ completion, target, options: { metric, scale, tag, coordinates }, example }) {
    const frame = frameOf(coordinates, example);
    if (frame === null) return NO_PICTURE;
    const { count, first } = writtenPoints(region(completion, tag), MAX_POINTS);
    if (count === 0 || count > MAX_POINTS) return 0;
    const far = METRICS[metric]!(
      first.map((point) => readPoint(point, frame)),
      target,
    );
    return { score: Math.max(0, 1 - far / scale), metrics: { distance: far } };
  },
});
