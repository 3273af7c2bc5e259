export interface Size {
  width: number;
  height: number;
}

export interface ResizeRule {
  /** side of a block, pixels; both sides of the result are multiples of it, and at least one block */
  factor: number;
  min_pixels: number;
  max_pixels: number;
  /** how sides are rounded when the picture must shrink: `floor` stays within max_pixels, `round` may exceed it a little */
  shrink: "floor" | "round";
}

/** A picture longer than this many times its width is not resized by the models that use this rule. */
const LARGEST_ASPECT = 200;

/** Python's round: halves go to the even neighbour, so 2.5 is 2 and 3.5 is 4. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + Math.abs(floor % 2) : Math.round(value);
}

/**
 * The size at which a Qwen2-VL family model sees a picture. Units: pixels. Null where one side is more than 200 times the other.
 * Source: smart_resize of Qwen2-VL (arXiv:2409.12191); `shrink: "round"` as in ERGO (arXiv:2509.21991).
 */
export function smartResize({ width, height }: Size, { factor, min_pixels, max_pixels, shrink }: ResizeRule): Size | null {
  if (!(width > 0 && height > 0) || Math.max(width, height) / Math.min(width, height) > LARGEST_ASPECT) return null;
  const resize = (round: (blocks: number) => number, divisor: number): Size => {
    const side = (length: number) => Math.max(factor, round(length / divisor / factor) * factor);
    return { width: side(width), height: side(height) };
  };
  const rounded = resize(roundHalfEven, 1);
  const pixels = rounded.width * rounded.height;
  if (pixels > max_pixels) return resize(shrink === "floor" ? Math.floor : roundHalfEven, Math.sqrt((width * height) / max_pixels));
  if (pixels < min_pixels) return resize(Math.ceil, Math.sqrt((width * height) / min_pixels));
  return rounded;
}
