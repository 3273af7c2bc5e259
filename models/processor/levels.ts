import type { LevelSettings } from "./schemas.ts";

/** What each 8-bit level becomes, [3, 256]: rescaled, then normalised, each rounded to float32 as Python and transformers.js do. */
export function levelTable({ do_rescale, rescale_factor, do_normalize, image_mean, image_std }: LevelSettings): Float32Array {
  const table = new Float32Array(3 * 256);
  const of = (numbers: number | number[], channel: number) => (typeof numbers === "number" ? numbers : numbers[channel]!);
  for (let channel = 0; channel < 3; channel++) {
    for (let level = 0; level < 256; level++) {
      const scaled = Math.fround(do_rescale ? rescale_factor * level : level);
      table[channel * 256 + level] = do_normalize ? (scaled - of(image_mean, channel)) / of(image_std, channel) : scaled;
    }
  }
  return table;
}
