import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { defineDataset } from "./define.ts";
import { openRows } from "./rows.ts";

export const ImageFolderOptions = z.strictObject({
  path: z.string().min(1).describe("a folder of pictures with a metadata.jsonl, relative to the recipe"),
  rows: z.int().min(1).nullable().default(null).describe("only so many from the top of metadata.jsonl; null takes all"),
  shuffle: z.boolean().default(true).describe("another seeded order every epoch; false keeps the file's"),
});
export type ImageFolderOptions = z.infer<typeof ImageFolderOptions>;

/**
 * A folder of pictures and a `metadata.jsonl` whose rows name theirs in `file_name`; the picture becomes the field `image`.
 * Source: the `imagefolder` layout of Hugging Face's datasets library.
 */
export const imageFolder = defineDataset({
  name: "image_folder",
  options: ImageFolderOptions,
  open: ({ path, rows, shuffle }, { folder, seed }) =>
    openRows({
      file: join(isAbsolute(path) ? path : join(folder, path), "metadata.jsonl"),
      imageField: "file_name",
      imageRequired: true,
      rows,
      shuffle,
      seed,
    }),
});
