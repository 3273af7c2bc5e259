import { z } from "zod";
import { defineReward } from "../define.ts";
import { Coordinates, type Frame, frameOf, readPoint } from "../geometry/coordinates.ts";
import { boundaryIou, type Mask, MaskTarget, maskIou, maskOf } from "../geometry/mask.ts";
import { fillPolygons } from "../geometry/polygon.ts";
import { NO_PICTURE } from "./box-reading.ts";
import { parseJson, region, Tag, writtenPoints } from "./written.ts";

const MAX_POLYGONS = 32;
const MAX_CORNERS = 256;

/**
 * Overlap of the written region with a mask.
 *
 * Written as polygons, each `<polygon>(x,y),(x,y),…</polygon>` with at least 3 corners, all joined (the first 32, the first 256 corners of
 * each); or else as JSON { "size": [height, width], "counts": … } with COCO's run lengths, which must be of the target's size.
 * Target: see `MaskTarget`. Units of polygons: see `coordinates`; `unit` and `thousand` are taken of the mask's own size.
 * Returns IoU of the pixels, or of the boundaries with `metric: boundary`; 0 without a region. Range [0, 1].
 * Source: COCO masks (arXiv:1405.0312); Boundary IoU (arXiv:2103.16562).
 */
export const maskIouReward = defineReward({
  name: "mask_iou",
  target: MaskTarget,
  field: "mask",
  options: z.strictObject({
    metric: z.enum(["iou", "boundary"]).default("iou").describe("all pixels, or those near the edge"),
    ratio: z.number().gt(0).max(1).default(0.02).describe("boundary: its width as a share of the diagonal"),
    tag: Tag,
    coordinates: Coordinates,
  }),
  range: [0, 1],
  examples: [
    { completion: "<polygon>(0,0),(2,0),(2,4),(0,4)</polygon>", target: { size: [4, 4], counts: [0, 8, 8] }, score: 1 },
    { completion: "<polygon>(0,0),(4,0),(4,4),(0,4)</polygon>", target: { size: [4, 4], counts: [0, 8, 8] }, score: 8 / 16 },
  ],
  score({ completion, target, options: { metric, ratio, tag, coordinates } }) {
    const frame = frameOf({ ...coordinates, picture: "mask" }, { mask: target });
    if (frame === null) return NO_PICTURE;
    const mask = writtenMask(region(completion, tag), target, frame);
    if (mask === null || mask.data.length !== target.data.length || !mask.data.includes(1)) return 0;
    return metric === "iou" ? maskIou(mask, target) : boundaryIou(mask, target, ratio);
  },
});

function writtenMask(text: string, { width, height }: Mask, frame: Frame): Mask | null {
  const polygons: number[][] = [];
  for (const [, inside] of text.matchAll(/<polygon>([^<]*)<\/polygon>/g)) {
    if (polygons.length === MAX_POLYGONS) break;
    const corners = writtenPoints(inside!, MAX_CORNERS).first;
    if (corners.length >= 3) polygons.push(corners.flatMap((corner) => readPoint(corner, frame)));
  }
  if (polygons.length > 0) return fillPolygons(polygons, width, height);
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || !("size" in value) || !Array.isArray(value.size)) return null;
  return value.size[0] === height && value.size[1] === width && "counts" in value ? maskOf(value) : null;
}
