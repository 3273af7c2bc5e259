import type { Mask } from "./mask.ts";

/**
 * The pixels whose centers lie inside an odd number of windings of each polygon, all polygons joined. Shapes: each [2n] as x, y, x, y …
 * Units: pixels. Time O(corners * rows + pixels) at most. COCO's own rasteriser samples the outline five times finer, so that edge pixels may differ.
 */
export function fillPolygons(polygons: readonly (readonly number[])[], width: number, height: number): Mask {
  const data = new Uint8Array(width * height);
  for (const polygon of polygons) fill(polygon, width, height, data);
  return { width, height, data };
}

function fill(polygon: readonly number[], width: number, height: number, data: Uint8Array): void {
  const crossings = new Map<number, number[]>();
  const corners = Math.floor(polygon.length / 2);
  for (let i = 0; i < corners; i++) {
    const next = (i + 1) % corners;
    const [x1, y1, x2, y2] = [polygon[2 * i]!, polygon[2 * i + 1]!, polygon[2 * next]!, polygon[2 * next + 1]!];
    const [low, high] = [Math.min(y1, y2), Math.max(y1, y2)];
    // rows whose center y + 0.5 is in [low, high): each edge is crossed once by a row, and a shared corner once
    const first = Math.max(0, Math.ceil(low - 0.5));
    const last = Math.min(height - 1, Math.ceil(high - 0.5) - 1);
    for (let row = first; row <= last; row++) {
      const x = x1 + ((row + 0.5 - y1) / (y2 - y1)) * (x2 - x1);
      const list = crossings.get(row);
      if (list === undefined) crossings.set(row, [x]);
      else list.push(x);
    }
  }
  for (const [row, list] of crossings) {
    list.sort((a, b) => a - b);
    for (let i = 0; i + 1 < list.length; i += 2) {
      const from = Math.max(0, Math.ceil(list[i]! - 0.5));
      const to = Math.min(width, Math.ceil(list[i + 1]! - 0.5));
      if (to > from) data.fill(1, row * width + from, row * width + to);
    }
  }
}

/** Area by the shoelace formula, never negative. Shape [2n]. */
export function polygonArea(polygon: readonly number[]): number {
  const corners = Math.floor(polygon.length / 2);
  let twice = 0;
  for (let i = 0; i < corners; i++) {
    const next = (i + 1) % corners;
    twice += polygon[2 * i]! * polygon[2 * next + 1]! - polygon[2 * next]! * polygon[2 * i + 1]!;
  }
  return Math.abs(twice) / 2;
}
