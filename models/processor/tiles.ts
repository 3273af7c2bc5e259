/**
 * How SmolVLM (Idefics3) cuts a picture: fit it to a longest edge, bring both sides to multiples of the tile, cut the grid, and add
 * the whole picture as one more tile. Source: transformers' SmolVLM image processor, whose float arithmetic decides the sizes.
 */
import type { Picture } from "../../core/types.ts";
import { type Resample, resample, type Size } from "./resample.ts";

export interface TileOptions {
  /** first resize, or null for none: the longest edge with the aspect kept, or a fixed size */
  size: { longest_edge: number } | { width: number; height: number } | null;
  /** side of a tile, pixels */
  tile: number;
  split: boolean;
  filter: Resample;
}

/** Tiles row by row and the whole picture last. Rows and columns are 0 where the picture was not split: then there is one tile. */
export interface Tiling {
  tiles: Picture[];
  rows: number;
  columns: number;
}

// No picture is made larger than this, whatever the folder asks for.
const LARGEST_EDGE = 4096;

/** Size with the longest edge as given and the other rounded up to an even number of pixels. */
export function fitLongestEdge({ width, height }: Size, edge: number): Size {
  const aspect = width / height;
  const even = (length: number) => length + (length % 2);
  const fitted =
    width >= height ? { width: edge, height: even(Math.trunc(edge / aspect)) } : { width: even(Math.trunc(edge * aspect)), height: edge };
  return below({ width: Math.max(1, fitted.width), height: Math.max(1, fitted.height) });
}

function below({ width, height }: Size): Size {
  const aspect = width / height;
  if (width >= height && width > LARGEST_EDGE) return { width: LARGEST_EDGE, height: Math.max(1, Math.trunc(LARGEST_EDGE / aspect)) };
  if (height > width && height > LARGEST_EDGE) return { width: Math.max(1, Math.trunc(LARGEST_EDGE * aspect)), height: LARGEST_EDGE };
  return { width, height };
}

/** Both sides as multiples of the tile, the longer one rounded up first and the other following the aspect. */
export function fitTiles({ width, height }: Size, tile: number): Size {
  const aspect = width / height;
  const up = (length: number) => Math.ceil(length / tile) * tile;
  if (width >= height) return { width: up(width), height: up(Math.trunc(up(width) / aspect)) };
  return { width: up(Math.trunc(up(height) * aspect)), height: up(height) };
}

export function tilePicture(original: Picture, { size, tile, split, filter }: TileOptions): Tiling {
  let picture = original;
  if (size !== null) {
    const fitted = "longest_edge" in size ? fitLongestEdge(picture, size.longest_edge) : size;
    picture = resample(picture, fitted.width, fitted.height, filter);
  }
  if (!split) return { tiles: [resample(picture, tile, tile, filter)], rows: 0, columns: 0 };

  const fitted = fitTiles(picture, tile);
  picture = resample(picture, fitted.width, fitted.height, filter);
  const rows = picture.height / tile;
  const columns = picture.width / tile;
  if (rows === 1 && columns === 1) return { tiles: [picture], rows: 0, columns: 0 };
  const tiles: Picture[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) tiles.push(crop(picture, c * tile, r * tile, tile));
  }
  tiles.push(resample(picture, tile, tile, filter));
  return { tiles, rows, columns };
}

function crop(picture: Picture, left: number, top: number, side: number): Picture {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * picture.width + left) * 3;
    data.set(picture.data.subarray(start, start + side * 3), y * side * 3);
  }
  return { width: side, height: side, data };
}
