import { z } from "zod";
import { decodeRuns, runsFromText } from "./mask-runs.ts";
import { fillPolygons } from "./polygon.ts";

/** Which pixels belong to a thing: row-major, 1 or 0, length width * height. */
export interface Mask {
  width: number;
  height: number;
  data: Uint8Array;
}

/** The largest mask that is decoded, pixels. */
export const MAX_PIXELS = 2 ** 24;

const Side = z.int().min(1).max(MAX_PIXELS);
const MaskSource = z.union([
  z.strictObject({
    size: z.tuple([Side, Side]).describe("height, width"),
    counts: z.union([z.string(), z.array(z.int().min(0))]).describe("COCO's run lengths, compressed or plain"),
  }),
  z.strictObject({
    size: z.tuple([Side, Side]).describe("height, width"),
    polygons: z.array(z.array(z.number()).min(6)).min(1).describe("x, y, x, y … of each"),
  }),
]);

/**
 * A mask as COCO writes it: { size: [height, width], counts } with compressed or plain run lengths, or { size, polygons }. Refused unless the
 * runs fill the picture exactly.
 */
export const MaskTarget = MaskSource.transform((source, context): Mask => {
  const mask = toMask(source);
  if (mask !== null) return mask;
  context.addIssue({ code: "custom", message: "expected runs that fill height * width pixels, at most 2^24" });
  return z.NEVER;
});

/** The mask, or null where the runs do not fill it. */
export function toMask(source: z.infer<typeof MaskSource>): Mask | null {
  const [height, width] = source.size;
  if (height * width > MAX_PIXELS) return null;
  if ("polygons" in source) return fillPolygons(source.polygons, width, height);
  const runs = typeof source.counts === "string" ? runsFromText(source.counts, height * width) : source.counts;
  return runs === null ? null : decodeRuns(runs, width, height);
}

/** A mask that a policy wrote, as MaskTarget; null for anything else. */
export function maskOf(value: unknown): Mask | null {
  const { data } = MaskSource.safeParse(value);
  return data === undefined ? null : toMask(data);
}

/** Whether the pixel that holds the point belongs to the mask; false outside of the picture. */
export function maskAt({ width, height, data }: Mask, x: number, y: number): boolean {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  return column >= 0 && row >= 0 && column < width && row < height && data[row * width + column] === 1;
}

/** Shared pixels over joint pixels; 0 for masks of different size; 1 where both are empty. */
export function maskIou(a: Mask, b: Mask): number {
  if (a.width !== b.width || a.height !== b.height) return 0;
  let shared = 0;
  let joint = 0;
  for (let i = 0; i < a.data.length; i++) {
    shared += a.data[i]! & b.data[i]!;
    joint += a.data[i]! | b.data[i]!;
  }
  return joint === 0 ? 1 : shared / joint;
}

/**
 * The pixels of the mask within `reach` of its outline, by rows and columns (Chebyshev distance). Beyond the picture's edge is outside.
 * Time O(pixels).
 */
export function boundary(mask: Mask, reach: number): Mask {
  const inside = erode(mask, reach);
  return { ...mask, data: mask.data.map((value, i) => (value === 1 && inside[i] === 0 ? 1 : 0)) };
}

/** Pixels whose whole square of side 2 * reach + 1 is in the mask: first along rows, then along columns. */
function erode({ width, height, data }: Mask, reach: number): Uint8Array {
  const line = (from: Uint8Array, lines: number, length: number, start: (i: number) => number, step: number): Uint8Array => {
    const to = new Uint8Array(from.length);
    for (let i = 0; i < lines; i++) {
      let run = 0;
      for (let k = 0; k < length; k++) {
        run = from[start(i) + k * step] === 1 ? run + 1 : 0;
        if (run >= 2 * reach + 1) to[start(i) + (k - reach) * step] = 1;
      }
    }
    return to;
  };
  const rows = line(data, height, width, (i) => i * width, 1);
  return line(rows, width, height, (i) => i, width);
}

/**
 * IoU of the boundaries of both masks, `ratio` of the picture's diagonal wide and at least one pixel: large things pay for a ragged edge.
 * Source: Boundary IoU, Cheng et al. 2021 (arXiv:2103.16562), ratio 0.02.
 */
export function boundaryIou(a: Mask, b: Mask, ratio = 0.02): number {
  const reach = Math.max(1, Math.round(ratio * Math.hypot(a.width, a.height)));
  return maskIou(boundary(a, reach), boundary(b, reach));
}
