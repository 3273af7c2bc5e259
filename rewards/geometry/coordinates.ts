import { z } from "zod";
import type { Box } from "../box.ts";
import { type Size, smartResize } from "./smart-resize.ts";

export type Point = [x: number, y: number];
/** Four numbers as they were written, whatever they mean. */
export type Quad = [number, number, number, number];

/** How boxes and points are written. The shared option `coordinates` of every reward that reads them. */
export const Coordinates = z
  .strictObject({
    units: z
      .enum(["pixels", "resized", "unit", "thousand"])
      .default("pixels")
      .describe("pixels of the picture, pixels of the picture as the model sees it, 0 to 1, or 0 to 1000"),
    form: z
      .enum(["corners", "size", "center"])
      .default("corners")
      .describe("x1, y1, x2, y2; x1, y1, width, height; or center x, center y, width, height"),
    order: z.enum(["xy", "yx"]).default("xy").describe("yx: each pair is written y first, as y1, x1, y2, x2"),
    target: z
      .enum(["pixels", "same"])
      .default("pixels")
      .describe("unit of the target: pixels of the picture, or the same as written; corners and x first either way"),
    picture: z.string().min(1).default("image").describe("the row's field with the picture, for its width and height"),
    factor: z.int().min(1).default(28).describe("resized: side of a block"),
    min_pixels: z.int().min(1).default(3136).describe("resized: the smallest area"),
    max_pixels: z.int().min(1).default(1_003_520).describe("resized: the largest area"),
    shrink: z.enum(["floor", "round"]).default("floor").describe("resized: how sides are rounded when the picture shrinks"),
  })
  .prefault({})
  .describe("how boxes and points are written");
export type Coordinates = z.infer<typeof Coordinates>;

/** Coordinates with the picture's size known: what one written unit is in the target's units. */
export interface Frame {
  scaleX: number;
  scaleY: number;
  form: Coordinates["form"];
  order: Coordinates["order"];
}

/** Width and height of the picture in that field of the row; null without them. */
export function pictureSize(example: Readonly<Record<string, unknown>>, field: string): Size | null {
  const value = example[field];
  if (typeof value !== "object" || value === null) return null;
  const { width, height } = value as Record<string, unknown>;
  if (typeof width !== "number" || typeof height !== "number") return null;
  return Number.isFinite(width * height) && width > 0 && height > 0 ? { width, height } : null;
}

/**
 * The frame of a row. Null where a scale is needed and the row has no picture, or one the model could not have been shown: not the
 * policy's fault, so a reward answers it with NaN, which is recorded as an error.
 */
export function frameOf(coordinates: Coordinates, example: Readonly<Record<string, unknown>>): Frame | null {
  const { units, form, order, target, picture } = coordinates;
  if (units === "pixels" || target === "same") return { scaleX: 1, scaleY: 1, form, order };
  const size = pictureSize(example, picture);
  const seen = size === null ? null : unitsOf(coordinates, size);
  return size === null || seen === null ? null : { scaleX: size.width / seen.width, scaleY: size.height / seen.height, form, order };
}

/** The picture's width and height in written units. */
function unitsOf(coordinates: Coordinates, size: Size): Size | null {
  if (coordinates.units === "resized") return smartResize(size, coordinates);
  const side = coordinates.units === "unit" ? 1 : 1000;
  return { width: side, height: side };
}

/** A written box in the target's units; null unless it is finite and has x2 > x1 and y2 > y1. */
export function readBox(written: Readonly<Quad>, { scaleX, scaleY, form, order }: Frame): Box | null {
  const [a, b, c, d] = order === "xy" ? written : [written[1], written[0], written[3], written[2]];
  const [left, top] = form === "center" ? [a - c / 2, b - d / 2] : [a, b];
  const [right, bottom] = form === "corners" ? [c, d] : [left + c, top + d];
  const box: Box = [left * scaleX, top * scaleY, right * scaleX, bottom * scaleY];
  return Number.isFinite(box[0] + box[1] + box[2] + box[3]) && box[2] > box[0] && box[3] > box[1] ? box : null;
}

/** The inverse of readBox. */
export function writeBox([x1, y1, x2, y2]: Readonly<Box>, { scaleX, scaleY, form, order }: Frame): Quad {
  const [left, top, right, bottom] = [x1 / scaleX, y1 / scaleY, x2 / scaleX, y2 / scaleY];
  const [a, b] = form === "center" ? [(left + right) / 2, (top + bottom) / 2] : [left, top];
  const [c, d] = form === "corners" ? [right, bottom] : [right - left, bottom - top];
  return order === "xy" ? [a, b, c, d] : [b, a, d, c];
}

/** A written point in the target's units. */
export function readPoint(written: Readonly<Point>, { scaleX, scaleY, order }: Frame): Point {
  const [x, y] = order === "xy" ? written : [written[1], written[0]];
  return [x * scaleX, y * scaleY];
}

/** The inverse of readPoint. */
export function writePoint([x, y]: Readonly<Point>, { scaleX, scaleY, order }: Frame): Point {
  return order === "xy" ? [x / scaleX, y / scaleY] : [y / scaleY, x / scaleX];
}
