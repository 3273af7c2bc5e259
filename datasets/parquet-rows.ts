import { basename } from "node:path";
import { DataError } from "../core/errors.ts";
import type { Example } from "../core/types.ts";
import { missingFileCure } from "./missing.ts";

/**
 * Rows of a Parquet file, such as those of datasets on Hugging Face, as examples; the first `rows` of them, or all for null. Columns keep their names,
 * whole numbers of 64 bits become numbers where those hold them, and null columns of a row are left out. A row's id is its own `id`, or `<file>:<row>`.
 *
 * Throws DataError where there is no such file, or where it can't be read: damaged, encrypted, or of a compression other than Snappy.
 */
export async function readParquet(file: string, rows: number | null): Promise<Example[]> {
  const { asyncBufferFromFile, parquetReadObjects } = await import("hyparquet");
  const refuse = (message: string, cure: string) => new DataError({ place: { file }, message, cure });
  let buffer: Awaited<ReturnType<typeof asyncBufferFromFile>>;
  try {
    buffer = await asyncBufferFromFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw refuse("no such file", await missingFileCure(file));
  }
  let read: Record<string, unknown>[];
  try {
    read = await parquetReadObjects({ file: buffer, ...(rows === null ? {} : { rowEnd: rows }) });
  } catch (error) {
    // the library checks little of what a file claims, so any kind of error may come of a bad one
    throw refuse(
      `can't be read as Parquet: ${error instanceof Error ? error.message : String(error)}`,
      "Write it again, uncompressed or with Snappy, or as JSONL.",
    );
  }
  return read.map((row, i) => {
    const fields = Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (value == null ? [] : [[name, plain(value)]])));
    const { id } = fields;
    return { id: typeof id === "string" || typeof id === "number" ? String(id) : `${basename(file)}:${i + 1}`, fields };
  });
}

/** Values as JSON has them, bytes and dates as they are. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
