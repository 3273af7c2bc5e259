import type { Random } from "../core/random.ts";

/** x1, y1, x2, y2 in whole pixels, origin top left; x2 and y2 are the first column and row outside. */
export type Box = [x1: number, y1: number, x2: number, y2: number];

export interface Extent {
  width: number;
  height: number;
}

const TRIES = 50;
const ROUNDS = 8;

/** Whether at least one pixel lies between two boxes, along x or along y. */
export function apart(a: Box, b: Box): boolean {
  return a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1];
}

/** Boxes of the given extents at random places of a square canvas, apart from one another; null where chance did not find room. */
export function scatter(extents: readonly Extent[], canvas: number, random: Random): Box[] | null {
  for (let round = 0; round < ROUNDS; round++) {
    const boxes: Box[] = [];
    for (const extent of extents) {
      const box = findRoom(extent, boxes, canvas, random);
      if (box === null) break;
      boxes.push(box);
    }
    if (boxes.length === extents.length) return boxes;
  }
  return null;
}

function findRoom(extent: Extent, taken: readonly Box[], canvas: number, random: Random): Box | null {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const box = within({ x: 0, y: 0, width: canvas, height: canvas }, extent, random);
    if (taken.every((other) => apart(box, other))) return box;
  }
  return null;
}

function within(area: { x: number; y: number; width: number; height: number }, { width, height }: Extent, random: Random): Box {
  const x = random.integer(area.x, area.x + area.width - width);
  const y = random.integer(area.y, area.y + area.height - height);
  return [x, y, x + width, y + height];
}

/** Extent of a cell when `count` of them, a pixel apart, share a square canvas; never wider than high. */
export function gridCell(count: number, canvas: number): Extent {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  return { width: Math.floor((canvas - columns + 1) / columns), height: Math.floor((canvas - rows + 1) / rows) };
}

/** Boxes of extents that fit a cell, each at a random place in a random cell of its own: this always ends. */
export function scatterInGrid(extents: readonly Extent[], canvas: number, random: Random): Box[] {
  const cell = gridCell(extents.length, canvas);
  const columns = Math.ceil(Math.sqrt(extents.length));
  const cells = random.shuffled(extents.map((_, index) => index));
  return extents.map((extent, index) => {
    const at = cells[index]!;
    const x = (at % columns) * (cell.width + 1);
    const y = Math.floor(at / columns) * (cell.height + 1);
    return within({ x, y, ...cell }, extent, random);
  });
}
