import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { defineDataset } from "./define.ts";
import { openRows } from "./rows.ts";

export const JsonlOptions = z.strictObject({
  path: z.string().min(1).describe("a JSONL file, relative to the recipe"),
  rows: z.int().min(1).nullable().default(null).describe("only so many from the top of the file; null takes all"),
  shuffle: z.boolean().default(true).describe("another seeded order every epoch; false keeps the file's"),
  image_field: z.string().min(1).default("image").describe("the column with the path of a row's picture, relative to the JSONL file"),
});
export type JsonlOptions = z.infer<typeof JsonlOptions>;

/**
 * Rows of a JSONL file, one object a line. Fields keep their names; the picture named in `image_field` becomes the field `image`.
 * A row's id is its own `id`, or `<file>:<line>`. With the default `image_field`, rows without a picture are allowed.
 */
export const jsonl = defineDataset({
  name: "jsonl",
  options: JsonlOptions,
  open: ({ path, rows, shuffle, image_field }, { folder, seed }) =>
    openRows({
      file: isAbsolute(path) ? path : join(folder, path),
      imageField: image_field,
      imageRequired: image_field !== "image",
      rows,
      shuffle,
      seed,
    }),
});
