/**
 * SmolVLM's and Idefics3's pictures: tiles of one size, and for every tile a marker of its place and as many `<image>` as the model has
 * rows of features for it. Source: transformers' SmolVLMProcessor, text for text.
 */
import { z } from "zod";
import type { Picture } from "../../core/types.ts";
import { levelTable } from "./levels.ts";
import { limitError, type PictureFolder, type PictureProcessor } from "./picture-processor.ts";
import { LevelSettings, ResampleNumber } from "./schemas.ts";
import { type TileOptions, tilePicture } from "./tiles.ts";

const IMAGE = "<image>";
const EDGE = "<fake_token_around_image>";
const GLOBAL = "<global-img>";

const Settings = LevelSettings.extend({
  do_resize: z.boolean().default(true),
  size: z
    .union([z.object({ longest_edge: z.int().min(1) }), z.object({ height: z.int().min(1), width: z.int().min(1) })])
    .default({ longest_edge: 4 * 364 }),
  resample: ResampleNumber.default(1),
  do_image_splitting: z.boolean().default(true),
  max_image_size: z.object({ longest_edge: z.int().min(1) }).default({ longest_edge: 364 }),
});
type Settings = z.infer<typeof Settings>;

const SequenceLength = z.object({ image_seq_len: z.int().min(1).optional() });

export function smolVlmPictures(folder: PictureFolder): PictureProcessor {
  const settings = folder.settings(Settings);
  const tile = settings.max_image_size.longest_edge;
  const options: TileOptions = {
    size: sizeWithin(folder, settings),
    tile,
    split: settings.do_image_splitting,
    filter: settings.resample,
  };
  const tokensPerTile = tokensOfTile(folder, tile);
  const levels = levelTable(settings);
  return {
    placeholder: IMAGE,
    placeholderId: imageId(folder),
    itemShape: [3, tile, tile],
    prepare(picture) {
      const { tiles, rows, columns } = tilePicture(picture, options);
      const length = 3 * tile * tile;
      const pixels = new Float32Array(tiles.length * length);
      tiles.forEach((part, i) => {
        writeTile(part, levels, pixels.subarray(i * length, (i + 1) * length));
      });
      return {
        layout: `${rows}x${columns}`,
        text: () => pictureText({ rows, columns }, tokensPerTile),
        tokens: tiles.length * tokensPerTile,
        pixels,
        grid: null,
      };
    },
  };
}

/** The text of one picture, with `tokens` placeholders a tile; 0 by 0 where it was not split. */
export function pictureText({ rows, columns }: { rows: number; columns: number }, tokens: number): string {
  const run = IMAGE.repeat(tokens);
  let text = "";
  for (let r = 1; r <= rows; r++) {
    for (let c = 1; c <= columns; c++) text += `${EDGE}<row_${r}_col_${c}>${run}`;
    text += "\n";
  }
  if (rows > 0) text += "\n";
  return `${text}${EDGE}${GLOBAL}${run}${EDGE}`;
}

/**
 * The first resize, its longest edge lowered to a recipe's max_pixels: to the largest multiple of the tile whose square is within it.
 * Then a picture of any shape has at most max_pixels, and has them still when its sides are brought to multiples of the tile.
 */
function sizeWithin(folder: PictureFolder, { do_resize, size, max_image_size }: Settings): TileOptions["size"] {
  const { maxPixels, minPixels } = folder.limits;
  if (minPixels !== null) {
    const message = "these pictures all get the same longest edge, so there is no least number of pixels";
    throw limitError(folder, "min_pixels", message, "Leave min_pixels out.");
  }
  if (maxPixels === null) return do_resize ? size : null;
  const tile = max_image_size.longest_edge;
  if (maxPixels < tile * tile) {
    const message = `${maxPixels} pixels are less than one tile, ${tile} x ${tile} = ${tile * tile}`;
    throw limitError(folder, "max_pixels", message, `Use ${tile * tile} or more.`);
  }
  if (!do_resize || !("longest_edge" in size)) {
    const message = "the folder's image processor brings pictures to no longest edge that could be lowered";
    throw limitError(folder, "max_pixels", message, "Leave max_pixels out, or set do_resize and size.longest_edge in that file.");
  }
  return { longest_edge: Math.min(size.longest_edge, Math.floor(Math.sqrt(maxPixels) / tile) * tile) };
}

/** Rows of features the model makes of a tile, which the folder's own number must meet. */
function tokensOfTile({ files, model }: PictureFolder, tile: number): number {
  const stated = files.json("processor_config.json", SequenceLength)?.image_seq_len;
  const patch = model.vision_config?.patch_size ?? 32;
  const side = Math.floor(tile / patch) / model.scale_factor;
  if (!Number.isInteger(side) || side === 0) {
    const message = `tiles of ${tile} pixels, patches of ${patch} and a scale_factor of ${model.scale_factor} make no whole number of rows`;
    throw files.problem("config.json", message, "Let tile / patch be a multiple of scale_factor.", "scale_factor");
  }
  if (stated !== undefined && stated !== side * side) {
    const message = `${stated}, but the model makes ${side * side} of a tile of ${tile} pixels in patches of ${patch}`;
    throw files.problem("processor_config.json", message, `Set image_seq_len to ${side * side}.`, "image_seq_len");
  }
  return side * side;
}

function imageId({ files, model, tokenizer }: PictureFolder): number {
  const id = tokenizer.idOf(IMAGE);
  if (id === null) {
    throw files.problem("tokenizer.json", `no token ${IMAGE}, which stands for pictures`, "Take the tokenizer that came with the model.");
  }
  if (model.image_token_id !== undefined && model.image_token_id !== id) {
    const message = `${model.image_token_id}, but ${IMAGE} is token ${id} of tokenizer.json`;
    throw files.problem("config.json", message, "Take the tokenizer that came with the model.", "image_token_id");
  }
  return id;
}

/** Interleaved levels to [3, height, width]. */
function writeTile({ data }: Picture, levels: Float32Array, target: Float32Array): void {
  const area = target.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const start = channel * area;
    for (let i = 0; i < area; i++) target[start + i] = levels[channel * 256 + data[i * 3 + channel]!]!;
  }
}
