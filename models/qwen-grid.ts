import type { QwenVisionConfig } from "./config/types.ts";

/** Where the patches of Qwen-VL's pictures lie, and which of them see each other: numbers only, no graph. */

type Grid = readonly [time: number, height: number, width: number];

/** `count` segments of `length` patches each, one behind the other from `start` on. */
export interface Run {
  start: number;
  count: number;
  length: number;
}

export interface Cells {
  /** the order in which the tower holds the processor's patches, so that a window's lie together: place in the processor's order */
  order: Int32Array;
  /** row and column of each patch in its picture, and that picture's height and width in patches; in the tower's order */
  rows: Int32Array;
  columns: Int32Array;
  heights: Int32Array;
  widths: Int32Array;
  /** segments of layers that see whole pictures (each frame for itself), and of those that see windows */
  pictures: Run[];
  windows: Run[];
}

interface Cell {
  place: number;
  row: number;
  column: number;
}

/** The patches of one prompt's pictures. Windows of a picture stand in the order of their sizes: attention does not mind, and few runs are left. */
export function cellsOf(grids: readonly Grid[], { mergeSize, patchSize, windows }: QwenVisionConfig): Cells {
  const side = windows === null ? Infinity : Math.floor(windows.size / mergeSize / patchSize) * mergeSize;
  const cells: Cell[] = [];
  const pictureLengths: number[] = [];
  const windowLengths: number[] = [];
  const sizes: { height: number; width: number }[] = [];
  let first = 0;
  for (const [time, height, width] of grids) {
    for (let frame = 0; frame < time; frame++) {
      const parts = windowsOf(patchesOf(height, width, mergeSize, first), side);
      parts.sort((a, b) => b.length - a.length);
      cells.push(...parts.flat());
      windowLengths.push(...parts.map((part) => part.length));
      pictureLengths.push(height * width);
      for (let i = 0; i < height * width; i++) sizes.push({ height, width });
      first += height * width;
    }
  }
  return {
    order: Int32Array.from(cells, ({ place }) => place),
    rows: Int32Array.from(cells, ({ row }) => row),
    columns: Int32Array.from(cells, ({ column }) => column),
    heights: Int32Array.from(sizes, ({ height }) => height),
    widths: Int32Array.from(sizes, ({ width }) => width),
    pictures: runsOf(pictureLengths),
    windows: runsOf(windowLengths),
  };
}

/** The processor's order: blocks that will be merged, row by row, and within a block row by row. */
function patchesOf(height: number, width: number, merge: number, first: number): Cell[] {
  const columnsOfBlocks = width / merge;
  return Array.from({ length: height * width }, (_, i) => {
    const block = Math.floor(i / merge ** 2);
    const within = i % merge ** 2;
    return {
      place: first + i,
      row: Math.floor(block / columnsOfBlocks) * merge + Math.floor(within / merge),
      column: (block % columnsOfBlocks) * merge + (within % merge),
    };
  });
}

/** Squares of `side` patches, cut off at the picture's edges. */
function windowsOf(cells: Cell[], side: number): Cell[][] {
  if (side === Infinity) return [cells];
  const byWindow = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${Math.floor(cell.row / side)},${Math.floor(cell.column / side)}`;
    const known = byWindow.get(key);
    if (known === undefined) byWindow.set(key, [cell]);
    else known.push(cell);
  }
  return [...byWindow.values()];
}

function runsOf(lengths: number[]): Run[] {
  const runs: Run[] = [];
  let start = 0;
  for (const length of lengths) {
    const last = runs.at(-1);
    if (last?.length === length) last.count++;
    else runs.push({ start, count: 1, length });
    start += length;
  }
  return runs;
}

/** cos and sin of each patch, [patches, headDim / 2]: the first half of the frequencies follows the row, the second the column. */
export function rotationOf({ rows, columns }: Cells, headDim: number, theta: number): { cos: Float64Array; sin: Float64Array } {
  const half = headDim / 2;
  const perAxis = half / 2;
  const cos = new Float64Array(rows.length * half);
  const sin = new Float64Array(rows.length * half);
  rows.forEach((row, i) => {
    [row, columns[i]!].forEach((position, axis) => {
      for (let f = 0; f < perAxis; f++) {
        const angle = position * theta ** (-f / perAxis);
        const at = i * half + axis * perAxis + f;
        cos[at] = Math.cos(angle);
        sin[at] = Math.sin(angle);
      }
    });
  });
  return { cos, sin };
}

/** A square table of side^2 rows stretched to each picture, corner to corner, bilinear: four rows of the table and their shares a patch. */
export function positionTaps({ rows, columns, heights, widths }: Cells, side: number): { places: Int32Array; shares: Float64Array }[] {
  const axis = (positions: Int32Array, lengths: Int32Array) =>
    Array.from(positions, (position, i) => {
      const source = (position * (side - 1)) / Math.max(1, lengths[i]! - 1);
      const low = Math.floor(source);
      return { low, high: Math.min(low + 1, side - 1), share: source - low };
    });
  const [vertical, horizontal] = [axis(rows, heights), axis(columns, widths)];
  return ([0, 1] as const).flatMap((down) =>
    ([0, 1] as const).map((right) => ({
      places: Int32Array.from(vertical, (v, i) => (down ? v.high : v.low) * side + (right ? horizontal[i]!.high : horizontal[i]!.low)),
      shares: Float64Array.from(vertical, (v, i) => {
        const h = horizontal[i]!;
        return (down ? v.share : 1 - v.share) * (right ? h.share : 1 - h.share);
      }),
    })),
  );
}
