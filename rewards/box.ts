import { z } from "zod";

/** x1, y1, x2, y2 in pixels of the original picture, origin top left. */
export const Box = z
  .tuple([z.number(), z.number(), z.number(), z.number()], "expected four numbers: x1, y1, x2, y2")
  .refine(([x1, y1, x2, y2]) => x2 > x1 && y2 > y1, "expected x2 > x1 and y2 > y1");
export type Box = z.infer<typeof Box>;

/** Shared area over joint area, in [0, 1]; 0 where they only touch. Both boxes must have their corners in order. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

function area([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1);
}
