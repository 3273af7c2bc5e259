import { basename, dirname, isAbsolute, join } from "node:path";
import { DataError, type Problem } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { Example } from "../core/types.ts";
import type { Dataset } from "./define.ts";
import { jsonErrorIndex } from "./json-error.ts";
import { eachLine, readBytes } from "./lines.ts";
import { missingFileCure } from "./missing.ts";
import { epochOrder } from "./order.ts";
import { readPicture } from "./picture.ts";

const PROBLEMS_SHOWN = 20;

export interface RowsOptions {
  file: string;
  /** the column that holds a picture's path, relative to the file */
  imageField: string;
  /** whether a row without that column is a mistake */
  imageRequired: boolean;
  /** only so many from the top of the file; null takes all */
  rows: number | null;
  shuffle: boolean;
  seed: number;
}

type Row = Record<string, unknown>;

/** Where each row lies in the file: all that is held of it, 16 bytes a row. */
interface RowIndex {
  starts: Float64Array;
  lengths: Uint32Array;
  lines: Uint32Array;
}

/**
 * Rows of a JSONL file as examples. Opening reads the file through once, keeps where each line lies, and refuses the file with
 * everything that is wrong in it; a row is then read and its picture decoded when it is asked for. Blank lines are passed over.
 *
 * Throws DataError: from here for the file and its lines, from `at` for a picture.
 */
export async function openRows(options: RowsOptions): Promise<Dataset> {
  const index = await indexRows(options);
  const size = index.starts.length;
  const rowAt = epochOrder(size, options);
  return {
    size,
    async at(i) {
      const k = rowAt(i);
      const line = index.lines[k]!;
      const read = parseRow(await readBytes(options.file, index.starts[k]!, index.lengths[k]!), line, options);
      if ("problem" in read) throw new DataError(read.problem);
      return toExample(read.row, line, options);
    },
  };
}

async function indexRows(options: RowsOptions): Promise<RowIndex> {
  const { file, rows: wanted } = options;
  const [starts, lengths, lines]: [number[], number[], number[]] = [[], [], []];
  const problems: Problem[] = [];
  const lineOfId = new Map<string, number>();
  try {
    await eachLine(file, ({ start, number, bytes }) => {
      if (isBlank(bytes)) return true;
      starts.push(start);
      lengths.push(bytes.length);
      lines.push(number);
      const read = parseRow(bytes, number, options);
      const problem = "problem" in read ? read.problem : repeatedId(read.row, number, options, lineOfId);
      if (problem !== null) problems.push(problem);
      return starts.length !== wanted && problems.length < PROBLEMS_SHOWN;
    });
  } catch (error) {
    throw await unreadable(error, file);
  }
  if (problems.length > 0) throw new DataError(problems);
  if (starts.length === 0) throw new DataError({ place: { file }, message: "has no rows", cure: "Write one JSON object a line." });
  if (wanted !== null && starts.length < wanted) {
    const message = `the file has ${starts.length}, but ${wanted} are asked for`;
    throw new DataError({ place: { file }, field: "rows", message, cure: `Set rows to ${starts.length} or less, or to null for all.` });
  }
  return { starts: Float64Array.from(starts), lengths: Uint32Array.from(lengths), lines: Uint32Array.from(lines) };
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

async function unreadable(error: unknown, file: string): Promise<unknown> {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new DataError({ place: { file }, message: "no such file", cure: await missingFileCure(file) });
  }
  if (code === "EISDIR")
    return new DataError({ place: { file }, message: "is a folder, expected a JSONL file", cure: "Name the file in it." });
  if (code === "EACCES") return new DataError({ place: { file }, message: "may not be read", cure: "Change its permissions." });
  return error;
}

/** The row's object with its id and picture path checked, or what is wrong with it. */
function parseRow(bytes: Uint8Array, line: number, options: RowsOptions): { row: Row } | { problem: Problem } {
  const { file } = options;
  const wrong = (message: string, cure: string, more: { column?: number; field?: string } = {}) => ({
    problem: { place: { file, line, column: more.column }, field: more.field, message, cure },
  });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return wrong("is not UTF-8 text", "Save the file in UTF-8.");
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const at = jsonErrorIndex(text);
    if (at === null) throw error;
    const what =
      at === text.length ? "the line ends too early" : `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))}`;
    return wrong(`broken JSON: ${what}`, "A row is one JSON object on one line.", { column: at + 1 });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return wrong(`expected an object, got ${kindOf(parsed)}`, 'A row is one JSON object, for example {"question": "…", "answer": "…"}.');
  }
  const row = parsed as Row;
  if (Object.hasOwn(row, "id") && typeof row.id !== "string" && typeof row.id !== "number") {
    return wrong(`expected text or a number, got ${kindOf(row.id)}`, "Leave id out to number rows by line.", { field: "id" });
  }
  const picture = pictureMistake(row, options);
  return picture === null ? { row } : wrong(picture.message, picture.cure, { field: fieldOf(row, options.imageField) });
}

function pictureMistake(row: Row, { imageField, imageRequired }: RowsOptions): { message: string; cure: string } | null {
  if (!Object.hasOwn(row, imageField)) {
    if (!imageRequired) return null;
    const near = nearest(imageField, Object.keys(row));
    return { message: "missing", cure: near === null ? `The row has ${Object.keys(row).join(", ")}.` : `Did you mean ${near}?` };
  }
  const path = row[imageField];
  if (typeof path !== "string" || path === "") {
    const got = path === "" ? "empty text" : kindOf(path);
    return { message: `expected the path of a picture, got ${got}`, cure: "Paths are relative to the JSONL file." };
  }
  if (imageField !== "image" && Object.hasOwn(row, "image")) {
    return { message: "the picture would replace the row's own image column", cure: "Rename the column image." };
  }
  return null;
}

function repeatedId(row: Row, line: number, options: RowsOptions, lineOfId: Map<string, number>): Problem | null {
  if (!Object.hasOwn(row, "id")) return null;
  const id = `${row.id}`;
  const first = lineOfId.get(id);
  if (first === undefined) {
    lineOfId.set(id, line);
    return null;
  }
  const message = `${JSON.stringify(id)} is the id of line ${first} already`;
  return { place: { file: options.file, line }, field: "id", message, cure: "Give every row an id of its own, or none." };
}

async function toExample(row: Row, line: number, options: RowsOptions): Promise<Example> {
  const { file, imageField } = options;
  const id = Object.hasOwn(row, "id") ? `${row.id}` : `${basename(file)}:${line}`;
  const path = row[imageField];
  if (typeof path !== "string") return { id, fields: row };
  const picture = await readPicture(isAbsolute(path) ? path : join(dirname(file), path));
  if ("message" in picture) throw new DataError({ place: { file, line }, field: fieldOf(row, imageField), ...picture });
  return { id, fields: { ...row, image: picture } };
}

/** `cat-7: image`, or `image` alone where the row has no id of its own. */
function fieldOf(row: Row, field: string): string {
  return Object.hasOwn(row, "id") ? `${row.id}: ${field}` : field;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
