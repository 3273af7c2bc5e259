/**
 * Qwen2-VL's pictures, also Qwen2.5-VL's and Qwen3-VL's: of any size, in whole blocks of merge x merge patches, each of which becomes
 * one token. Source: transformers' Qwen2VLImageProcessor and its smart_resize.
 */
import { z } from "zod";
import type { Picture } from "../../core/types.ts";
import { levelTable } from "./levels.ts";
import { limitError, type PatchGrid, type PictureFolder, type PictureProcessor } from "./picture-processor.ts";
import { promptError } from "./prompt-error.ts";
import { resample, type Size } from "./resample.ts";
import { LevelSettings, ResampleNumber } from "./schemas.ts";

// Beyond this, one side would be a block and the other a thousand.
const LARGEST_ASPECT = 200;

const count = z.int().min(1);
const channels = z.union([z.number(), z.array(z.number()).length(3)]);

const Settings = LevelSettings.extend({
  do_resize: z.boolean().default(true),
  // transformers 4 writes min_pixels and max_pixels, 5 the same numbers as "edges"; some folders have both, and then the first count.
  min_pixels: count.nullish(),
  max_pixels: count.nullish(),
  size: z
    .object({ shortest_edge: count.nullish(), longest_edge: count.nullish(), min_pixels: count.nullish(), max_pixels: count.nullish() })
    .nullish(),
  resample: ResampleNumber.default(3),
  patch_size: count.default(14),
  temporal_patch_size: count.default(2),
  merge_size: count.default(2),
  image_mean: channels.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: channels.default([0.26862954, 0.26130258, 0.27577711]),
});
type Settings = z.infer<typeof Settings>;

export interface PixelRange {
  min: number;
  max: number;
}

export interface Patching {
  /** side of a patch, pixels */
  patch: number;
  /** side of a block, patches */
  merge: number;
  /** equal frames that a still picture becomes */
  frames: number;
}

export function qwenPictures(folder: PictureFolder): PictureProcessor {
  const settings = folder.settings(Settings);
  const patching = patchingOf(folder, settings);
  const range = pixelRange(folder, settings);
  const block = patching.patch * patching.merge;
  const { id, text } = imageToken(folder);
  const levels = levelTable(settings);

  function sizeOf(picture: Picture, field: string): Size {
    const { width, height } = picture;
    if (settings.do_resize) {
      if (Math.max(width, height) / Math.min(width, height) <= LARGEST_ASPECT) return smartResize(picture, block, range);
      const message = `${width} x ${height} pixels, one side more than ${LARGEST_ASPECT} times the other`;
      throw promptError(field, message, "Crop the picture, or drop the row.");
    }
    if (width % block === 0 && height % block === 0) return picture;
    const message = `${width} x ${height} pixels are no whole blocks of ${block} x ${block}, and ${folder.file} resizes nothing`;
    throw promptError(field, message, "Set do_resize there, or resize the picture.");
  }

  return {
    placeholder: text,
    placeholderId: id,
    itemShape: [3 * patching.frames * patching.patch ** 2],
    prepare(picture, field) {
      const size = sizeOf(picture, field);
      const grid: PatchGrid = [1, size.height / patching.patch, size.width / patching.patch];
      const tokens = (grid[1] * grid[2]) / patching.merge ** 2;
      return {
        layout: grid.join("x"),
        text: () => text.repeat(tokens),
        tokens,
        pixels: patchPixels(resample(picture, size.width, size.height, settings.resample), levels, patching),
        grid,
      };
    },
  };
}

/**
 * A picture's size in whole blocks, the aspect about kept and the area between the bounds, pixels. A picture so long that the shrunk
 * one's shorter side would be no block keeps one, and is then larger than the upper bound.
 */
export function smartResize({ width, height }: Size, block: number, { min, max }: PixelRange): Size {
  const rounded = { width: roundHalfEven(width / block) * block, height: roundHalfEven(height / block) * block };
  const area = rounded.width * rounded.height;
  if (area > max) {
    const shrink = Math.sqrt((height * width) / max);
    const down = (length: number) => Math.max(block, Math.floor(length / shrink / block) * block);
    return { width: down(width), height: down(height) };
  }
  if (area < min) {
    const grow = Math.sqrt(min / (height * width));
    const up = (length: number) => Math.ceil((length * grow) / block) * block;
    return { width: up(width), height: up(height) };
  }
  return rounded;
}

/** Python's round: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** Normalised patches, [patches, 3 * frames * patch * patch]: block by block, and inside a block row by row. */
export function patchPixels({ width, height, data }: Picture, levels: Float32Array, { patch, merge, frames }: Patching): Float32Array {
  const pixels = new Float32Array(frames * width * height * 3);
  const block = patch * merge;
  const area = patch * patch;
  let at = 0;
  const writePatch = (top: number, left: number) => {
    for (let channel = 0; channel < 3; channel++) {
      const start = at;
      for (let y = top; y < top + patch; y++) {
        let from = (y * width + left) * 3 + channel;
        for (let x = 0; x < patch; x++, from += 3) pixels[at++] = levels[channel * 256 + data[from]!]!;
      }
      for (let frame = 1; frame < frames; frame++, at += area) pixels.copyWithin(at, start, start + area);
    }
  };
  for (let blockTop = 0; blockTop < height; blockTop += block) {
    for (let blockLeft = 0; blockLeft < width; blockLeft += block) {
      for (let top = blockTop; top < blockTop + block; top += patch) {
        for (let left = blockLeft; left < blockLeft + block; left += patch) writePatch(top, left);
      }
    }
  }
  return pixels;
}

/** The folder's patches, which must be the model's. */
function patchingOf({ files, file, model }: PictureFolder, settings: Settings): Patching {
  const { patch_size, spatial_merge_size, temporal_patch_size } = model.vision_config ?? {};
  const pairs = [
    ["patch_size", settings.patch_size, patch_size],
    ["merge_size", settings.merge_size, spatial_merge_size],
    ["temporal_patch_size", settings.temporal_patch_size, temporal_patch_size],
  ] as const;
  for (const [field, own, models] of pairs) {
    if (models === undefined || models === own) continue;
    throw files.problem(file, `${own}, but the model's in config.json is ${models}`, "Take the file that came with the model.", field);
  }
  return { patch: settings.patch_size, merge: settings.merge_size, frames: settings.temporal_patch_size };
}

/** The bounds on a resized picture's pixels: a recipe's, or else the folder's. */
function pixelRange(folder: PictureFolder, { do_resize, size, min_pixels, max_pixels, patch_size, merge_size }: Settings): PixelRange {
  const { files, file, limits } = folder;
  const block = (patch_size * merge_size) ** 2;
  if (!do_resize && (limits.maxPixels !== null || limits.minPixels !== null)) {
    const limit = limits.maxPixels === null ? "min_pixels" : "max_pixels";
    throw limitError(folder, limit, "the folder's image processor resizes nothing", `Leave ${limit} out, or set do_resize in that file.`);
  }
  const stated = size === null || size === undefined ? { shortest_edge: 56 * 56, longest_edge: 28 * 28 * 1280 } : size;
  const own = {
    min: min_pixels ?? stated.shortest_edge ?? size?.min_pixels,
    max: max_pixels ?? stated.longest_edge ?? size?.max_pixels,
  };
  if (typeof own.min !== "number" || typeof own.max !== "number") {
    const message = "expected shortest_edge and longest_edge, which are the least and most pixels of a picture";
    throw files.problem(file, message, "Copy the file again from where the checkpoint came from.", "size");
  }
  if (limits.maxPixels !== null && limits.maxPixels < block) {
    const message = `${limits.maxPixels} pixels are less than one block of ${merge_size} x ${merge_size} patches, which has ${block}`;
    throw limitError(folder, "max_pixels", message, `Use ${block} or more.`);
  }
  const max = limits.maxPixels ?? own.max;
  if (limits.minPixels !== null) {
    if (limits.minPixels <= max) return { min: limits.minPixels, max };
    throw limitError(folder, "min_pixels", `${limits.minPixels} pixels, above the most, ${max}`, "Lower min_pixels or raise max_pixels.");
  }
  // The folder's least would enlarge small pictures beyond a recipe's most, so it gives way to the smallest picture there is.
  return { min: limits.maxPixels !== null && own.min > max ? block : own.min, max };
}

function imageToken({ files, model, tokenizer }: PictureFolder): { id: number; text: string } {
  const id = model.image_token_id;
  const cure = "Take the config.json and the tokenizer that came with the model.";
  if (id === undefined) throw files.problem("config.json", "missing, and it names the token of pictures", cure, "image_token_id");
  const text = tokenizer.decode([id], true);
  if (tokenizer.idOf(text) !== id) throw files.problem("config.json", `${id} is no token of tokenizer.json`, cure, "image_token_id");
  return { id, text };
}
