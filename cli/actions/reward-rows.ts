import { basename, dirname, extname, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { Example } from "../../core/types.ts";

/** The first rows of a JSONL or Parquet file, in its order. Throws DataError. */
export async function fileRows(file: string, rows: number | null): Promise<Example[]> {
  if (extname(file) === ".parquet") return (await import("../../datasets/parquet-rows.ts")).readParquet(file, rows);
  const { openDataset } = await import("../../datasets/index.ts");
  const path = resolve(file);
  const dataset = await openDataset({ name: "jsonl", path: basename(path), shuffle: false }, { folder: dirname(path), seed: 0 });
  return take(dataset, rows);
}

/** The first rows of what a recipe trains on. Throws RecipeError, DataError, and UserError for a file without data. */
export async function recipeRows(file: string, { rows, set }: { rows: number; set: readonly string[] }): Promise<Example[]> {
  const [{ loadTrainData }, { openDataset }] = await Promise.all([
    import("../../configs/train-data.ts"),
    import("../../datasets/index.ts"),
  ]);
  const data = /\.ya?ml$/.test(file) ? await loadTrainData(file, { set }) : null;
  if (data === null)
    throw new UserError({ place: { file }, message: "has no data.train", cure: "Say which rows to take: --data <file.jsonl>." });
  return take(await openDataset(data.train, data), rows);
}

async function take(dataset: { size: number; at(index: number): Promise<Example> }, rows: number | null): Promise<Example[]> {
  const taken: Example[] = [];
  for (let i = 0; i < Math.min(rows ?? Number.POSITIVE_INFINITY, dataset.size); i++) taken.push(await dataset.at(i));
  return taken;
}
