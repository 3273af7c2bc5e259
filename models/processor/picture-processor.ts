/** What a family of image processors has to be: one file with a `PictureFamily`, and a line in the table of pictures.ts. */
import type { z } from "zod";
import { RecipeError } from "../../core/errors.ts";
import type { Picture } from "../../core/types.ts";
import type { FileName, FolderFiles } from "./files.ts";
import type { ModelConfig } from "./schemas.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** [time, height, width] of a picture in patches */
export type PatchGrid = [time: number, height: number, width: number];

/** A folder's image processor: pictures in, prompt text and normalised pixels out. */
export interface PictureProcessor {
  /** the token that a chat template writes for a picture; expanded, it stands for one row of the model's features */
  placeholder: string;
  placeholderId: number;
  /** shape of the pixels behind the first axis: [channels, height, width] of a tile, or [values] of a patch */
  itemShape: number[];
  /** Throws DataError where the picture can't be shown to the model; `field` says where in the prompt it is. */
  prepare(picture: Picture, field: string): PreparedPicture;
}

export interface PreparedPicture {
  /** how its tiles or patches lie: pictures of one layout have the same text */
  layout: string;
  /** what its placeholder in the rendered prompt becomes */
  text(): string;
  /** placeholders in that text */
  tokens: number;
  /** [tiles or patches, ...itemShape] */
  pixels: Float32Array;
  /** null where pictures are tiles of one size */
  grid: PatchGrid | null;
}

/** A recipe's bounds on the pixels of a resized picture; null leaves the folder's own. */
export interface PixelLimits {
  maxPixels: number | null;
  minPixels: number | null;
}

/** What a family reads its settings from. */
export interface PictureFolder {
  files: FolderFiles;
  model: ModelConfig;
  tokenizer: TextTokenizer;
  limits: PixelLimits;
  /** the file with the image processor's settings */
  file: FileName;
  settings<T>(schema: z.ZodType<T>): T;
}

export type PictureFamily = (folder: PictureFolder) => PictureProcessor;

/** An error about a limit that this folder's pictures can't keep. */
export function limitError({ files, file }: PictureFolder, limit: "max_pixels" | "min_pixels", message: string, cure: string): RecipeError {
  return new RecipeError({ place: { file: files.path(file) }, field: `model.${limit}`, message, cure });
}
