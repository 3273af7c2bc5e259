import { type Box, intersectionOverUnion } from "../box.ts";

export function boxArea([x1, y1, x2, y2]: Readonly<Box>): number {
  return (x2 - x1) * (y2 - y1);
}

/** The smallest box around both. */
function hull(a: Readonly<Box>, b: Readonly<Box>): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

/**
 * IoU - (hull - union) / hull, in [-1, 1]: it still falls with the distance where boxes do not meet.
 * Source: Rezatofighi et al. 2019 (arXiv:1902.09630).
 */
export function generalizedIou(a: Box, b: Box): number {
  const iou = intersectionOverUnion(a, b);
  const union = (boxArea(a) + boxArea(b)) / (1 + iou); // IoU = I / U and A + B = U + I
  const around = boxArea(hull(a, b));
  return around > 0 ? Math.max(-1, iou - (around - union) / around) : -1;
}

/**
 * IoU - (distance of the centers)^2 / (diagonal of the hull)^2, in [-1, 1].
 * Source: Zheng et al. 2020 (arXiv:1911.08287).
 */
export function distanceIou(a: Box, b: Box): number {
  const [x1, y1, x2, y2] = hull(a, b);
  const apart = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2;
  const diagonal = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  return diagonal > 0 ? Math.max(-1, intersectionOverUnion(a, b) - apart / diagonal) : -1;
}

export function boxContains([x1, y1, x2, y2]: Readonly<Box>, [x, y]: readonly [number, number]): boolean {
  return x >= x1 && x <= x2 && y >= y1 && y <= y2;
}
