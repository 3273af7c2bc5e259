import { z } from "zod";
import type { Box } from "../box.ts";
import { defineReward } from "../define.ts";
import { angleLengthFrechet, type CurveWeights, largestDistance } from "../geometry/angle-length-frechet.ts";
import type { Point } from "../geometry/coordinates.ts";
import { generalizedIou } from "../geometry/overlap.ts";
import { parseJson } from "./written.ts";

const MAX_POINTS = 256;
const Unit = z.number().min(0).max(1);
const Target = z.union([
  z.strictObject({ x: Unit, y: Unit, width: Unit.gt(0), height: Unit.gt(0) }),
  z
    .array(z.tuple([Unit, Unit]))
    .min(1)
    .max(MAX_POINTS),
]);

/** What stands in the first `<output>…</output>`, case of the tags ignored; null without one. */
function firstOutput(completion: string): string | null {
  const start = completion.search(/<output>/i);
  if (start < 0) return null;
  const rest = completion.slice(start + "<output>".length);
  const end = rest.search(/<\/output>/i);
  return end < 0 ? null : rest.slice(0, end);
}

/**
 * How well the JSON in `<output>` does the task that the target is of: a box or a path, all from 0 to 1.
 *
 *   box   { x, y, width, height } with x, y the CENTER: (GIoU + 1) / 2
 *   path  [[x1, y1], …]: 1 - min(1, D / D_max), D the angle- and length-aware Fréchet distance (see `angleLengthFrechet`), not resampled
 * Coordinates are clipped to [0, 1]. Returns [0, 1]; 0 for the other kind, for no output, for JSON that can't be read, an empty list, or a
 * path of more than 256 points. Source: VLA-R1 (arXiv:2510.01623), 0.9 of its reward; the rest is `vla_format`.
 */
export const vlaTask = defineReward({
  name: "vla_task",
  target: Target,
  field: "output",
  options: z.strictObject({
    lambda_theta: z.number().min(0).default(0.25).describe("paths: weight of direction, by radian"),
    lambda_ratio: z.number().min(0).default(0.1).describe("paths: weight of the ratio of step lengths, by its logarithm"),
  }),
  range: [0, 1],
  examples: [
    {
      completion: '<output>{"x": 0.5, "y": 0.5, "width": 0.2, "height": 0.2}</output>',
      target: { x: 0.5, y: 0.5, width: 0.2, height: 0.2 },
      score: 1,
    },
    {
      completion: '<output>{"x": 0.7, "y": 0.5, "width": 0.2, "height": 0.2}</output>',
      target: { x: 0.5, y: 0.5, width: 0.2, height: 0.2 },
      score: 0.5,
    },
  ],
  score({ completion, target, options }) {
    const output = parseJson(firstOutput(completion) ?? "");
    return Array.isArray(target) ? pathScore(output, target, options) : boxScore(output, target);
  },
});

const WrittenBox = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

function boxScore(output: unknown, target: z.infer<typeof WrittenBox>): number {
  const { data } = WrittenBox.safeParse(output);
  return data === undefined ? 0 : (generalizedIou(cornersOf(data), cornersOf(target)) + 1) / 2;
}

function cornersOf({ x, y, width, height }: z.infer<typeof WrittenBox>): Box {
  const [w, h] = [Math.abs(width) / 2, Math.abs(height) / 2];
  return [clipped(x - w), clipped(y - h), clipped(x + w), clipped(y + h)];
}

function pathScore(output: unknown, target: Point[], weights: CurveWeights): number {
  if (!Array.isArray(output) || output.length === 0 || output.length > MAX_POINTS) return 0;
  const points = output.map((one: unknown): Point | null => {
    if (!Array.isArray(one) || one.length !== 2) return null;
    const [x, y]: unknown[] = one;
    return Number.isFinite(x) && Number.isFinite(y) ? [clipped(x as number), clipped(y as number)] : null;
  });
  if (!points.every((point) => point !== null)) return 0;
  return 1 - Math.min(1, angleLengthFrechet(points, target, weights) / largestDistance(weights));
}

function clipped(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/**
 * Whether there is a closed `<think>…</think>` and a first `<output>…</output>` that holds JSON. Tags in any case; order and other text are not
 * looked at. Returns 1 or 0. The target is not read. Source: VLA-R1 (arXiv:2510.01623).
 */
export const vlaFormat = defineReward({
  name: "vla_format",
  target: z.unknown(),
  field: "output",
  range: [0, 1],
  examples: [
    { completion: "<think>a</think><output>[[0.1, 0.2]]</output>", score: 1 },
    { completion: "<think>a</think><output>left</output>", score: 0 },
  ],
  score({ completion }) {
    const opened = completion.search(/<think>/i);
    const thought = opened >= 0 && /<\/think>/i.test(completion.slice(opened));
    return thought && parseJson(firstOutput(completion) ?? "") !== undefined ? 1 : 0;
  },
});
