import { z } from "zod";
import type { Box } from "../box.ts";
import { Coordinates, type Frame, readBox } from "../geometry/coordinates.ts";

const FOUR = /\[\s{0,8}([0-9]{1,6})\s{0,8},\s{0,8}([0-9]{1,6})\s{0,8},\s{0,8}([0-9]{1,6})\s{0,8},\s{0,8}([0-9]{1,6})\s{0,8}\]/g;

/** The options of rewards that look at the region a completion asks to see, by default as ERGO shows pictures. */
export const regionOptions = {
  tag: z
    .string()
    .regex(/^[A-Za-z_]+$/)
    .default("zoom")
    .describe("the tag around the region"),
  coordinates: Coordinates.unwrap()
    .prefault({ units: "resized", max_pixels: 640 * 784, shrink: "round" })
    .describe("how the region is written"),
};

/**
 * The region that a completion asks to see: the one list of four whole numbers in the first `<zoom>[x1, y1, x2, y2]</zoom>`, in pixels of the picture.
 * Null for no list, more than one, or no pair of tags; the whole picture stands for it then. Source: ERGO (arXiv:2509.21991).
 */
export function askedRegion(completion: string, tag: string, frame: Frame): Box | null {
  const start = completion.indexOf(`<${tag}>`);
  const end = completion.indexOf(`</${tag}>`, start);
  if (start < 0 || end < 0) return null;
  const lists = completion.slice(start, end).matchAll(FOUR);
  const first = lists.next();
  if (first.done || !lists.next().done) return null;
  return readBox(first.value.slice(1, 5).map(Number) as [number, number, number, number], frame);
}
