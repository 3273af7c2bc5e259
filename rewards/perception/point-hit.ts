import { z } from "zod";
import { bestAssignment } from "../assignment.ts";
import { Box } from "../box.ts";
import { defineReward } from "../define.ts";
import { Coordinates, frameOf, type Point, readPoint } from "../geometry/coordinates.ts";
import { MaskTarget, maskAt } from "../geometry/mask.ts";
import { boxContains } from "../geometry/overlap.ts";
import { NO_PICTURE } from "./box-reading.ts";
import { region, Tag, writtenPoints } from "./written.ts";

const Place = z.tuple([z.number(), z.number()]);
const Region = z.union([
  z.strictObject({ box: Box }),
  z.strictObject({ point: Place, radius: z.number().gt(0) }),
  z.strictObject({ mask: MaskTarget }),
]);

/**
 * Whether the written points lie where they should.
 *
 * Target: a region or a list of them, each { box [4] }, { point [2], radius } or { mask } (COCO's RLE or polygons, see `MaskTarget`); edges
 * belong to a region.
 *   last   1 where the last point is in any region, else 0
 *   share  points in any region / points written
 *   f1     2 hits / (points + regions), each region taking one point at most
 * Points: `(x, y)`, `[x, y]`, `<point>x,y</point>`; the first 64 are looked at, those beyond miss. Units: see `coordinates`.
 * Returns [0, 1]; 0 without a point. Source: InfiGUI-R1 (arXiv:2504.14239), grounding by point; Molmo's pointing F1 (arXiv:2409.17146).
 */
export const pointHit = defineReward({
  name: "point_hit",
  target: z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(Region).min(1).max(64)),
  field: "regions",
  options: z.strictObject({
    mode: z
      .enum(["last", "share", "f1"])
      .default("last")
      .describe("last: whether the last point hits; share: of points that do; f1: of points and regions, one point each"),
    tag: Tag,
    coordinates: Coordinates,
  }),
  range: [0, 1],
  examples: [
    { completion: "(5, 5)", target: { box: [0, 0, 10, 10] }, score: 1 },
    { completion: "(5, 5) (20, 20)", target: { box: [0, 0, 10, 10] }, options: { mode: "share" }, score: 1 / 2 },
  ],
  score({ completion, target, options: { mode, tag, coordinates }, example }) {
    const frame = frameOf(coordinates, example);
    if (frame === null) return NO_PICTURE;
    const { count, first, last } = writtenPoints(region(completion, tag));
    if (count === 0 || last === null) return 0;
    const hits = (point: Point) => target.map((one) => contains(one, readPoint(point, frame)));
    if (mode === "last") return hits(last).includes(true) ? 1 : 0;
    const rows = first.map(hits);
    if (mode === "share") return rows.filter((row) => row.includes(true)).length / count;
    const columns = bestAssignment(rows.map((row) => row.map(Number)));
    const matched = columns.filter((column, row) => column >= 0 && rows[row]![column]).length;
    return (2 * matched) / (count + target.length);
  },
});

type Region = z.infer<typeof Region>;

function contains(one: Region, [x, y]: Point): boolean {
  if ("box" in one) return boxContains(one.box, [x, y]);
  if ("mask" in one) return maskAt(one.mask, x, y);
  return Math.hypot(x - one.point[0], y - one.point[1]) <= one.radius;
}
