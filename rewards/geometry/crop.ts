import type { Picture } from "../../core/types.ts";
import type { Box } from "../box.ts";

/** The pixels of a picture inside a box, clamped to it, coordinates cut to whole numbers; null where none are left. */
export function cropped({ width, height, data }: Picture, box: Readonly<Box>): Picture | null {
  const [left, top, right, bottom] = box.map((value, i) => Math.trunc(Math.min(i % 2 === 0 ? width : height, Math.max(0, value)))) as Box;
  if (!(right > left && bottom > top)) return null;
  const row = (right - left) * 3;
  const pixels = new Uint8Array(row * (bottom - top));
  for (let y = top; y < bottom; y++) {
    const start = (y * width + left) * 3;
    pixels.set(data.subarray(start, start + row), (y - top) * row);
  }
  return { width: right - left, height: bottom - top, data: pixels };
}
