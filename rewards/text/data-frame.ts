import { LiteralReader, NotLiteralError, type PythonValue } from "./python-literal.ts";

export type Cell = number | string | boolean;

/** Columns in order; NaN is a missing cell. */
export interface Table {
  columns: { name: string; cells: Cell[] }[];
  rows: number;
}

const MAX_CODE = 20_000;
const MAX_NAMES = 50;
const MAX_CELLS = 10_000;

/**
 * The table that program text assigns to `variable` by its first `pd.DataFrame(…)`, read and never run: a dict of lists, a list of
 * dicts, or a list of lists with `columns=`; names bound to literals in lines before it count. Null for anything else.
 */
export function readDataFrame(text: string, variable: string): Table | null {
  const code = text.slice(0, MAX_CODE);
  const start = new RegExp(String.raw`^[ \t]{0,8}${variable}[ \t]{0,4}=[ \t]{0,4}(?:pd|pandas)\.DataFrame[ \t]{0,4}\(`, "m").exec(code);
  if (start === null) return null;
  try {
    return frame(new LiteralReader(code, start.index + start[0].length, boundNames(code.slice(0, start.index))));
  } catch (error) {
    if (error instanceof NotLiteralError) return null;
    throw error;
  }
}

function boundNames(code: string): Map<string, PythonValue> {
  const names = new Map<string, PythonValue>();
  let read = 0;
  let tried = 0;
  for (const match of code.matchAll(/^[ \t]{0,8}([A-Za-z_]\w*)[ \t]{0,4}=(?!=)/gm)) {
    if (match.index < read || ++tried > MAX_NAMES) continue;
    const reader = new LiteralReader(code, match.index + match[0].length, names);
    try {
      names.set(match[1]!, reader.value());
      // `x = [1] * 3` is no literal
      if (!/^[ \t]*(?:#.*)?(?:\n|$)/.test(code.slice(reader.at, reader.at + 200))) names.delete(match[1]!);
      read = reader.at;
    } catch (error) {
      if (!(error instanceof NotLiteralError)) throw error;
      names.delete(match[1]!);
    }
  }
  return names;
}

function frame(reader: LiteralReader): Table | null {
  let data: PythonValue | undefined;
  let columns: PythonValue | undefined;
  while (!reader.take(")")) {
    const keyword = reader.keyword();
    const value = reader.value();
    if (keyword === null && data === undefined) data = value;
    else if (keyword === "data") data = value;
    else if (keyword === "columns") columns = value;
    else if (keyword !== "index") return null;
    if (reader.take(",")) continue;
    if (!reader.take(")")) return null;
    break;
  }
  return data === undefined ? null : table(data, columns === undefined ? null : names(columns));
}

function names(columns: PythonValue): string[] | null {
  return Array.isArray(columns) && columns.every((name) => typeof name === "string" || typeof name === "number")
    ? columns.map(String)
    : null;
}

function table(data: PythonValue, columns: string[] | null): Table | null {
  if (data instanceof Map) return fromColumns([...data].filter(([name]) => columns === null || columns.includes(name)));
  if (!Array.isArray(data)) return null;
  if (data.every((row) => row instanceof Map)) {
    const all = columns ?? [...new Set(data.flatMap((row) => [...row.keys()]))];
    if (all.length * data.length > MAX_CELLS) return null;
    return fromColumns(all.map((name) => [name, data.map((row) => row.get(name) ?? Number.NaN)]));
  }
  if (columns === null || !data.every((row) => Array.isArray(row) && row.length === columns.length)) return null;
  return fromColumns(columns.map((name, i) => [name, data.map((row) => (row as PythonValue[])[i]!)]));
}

function fromColumns(entries: [string, PythonValue][]): Table | null {
  const rows = Array.isArray(entries[0]?.[1]) ? entries[0][1].length : 0;
  const columns = entries.map(([name, cells]) => ({ name, cells }));
  if (entries.length * rows > MAX_CELLS) return null;
  if (!columns.every(({ cells }) => Array.isArray(cells) && cells.length === rows && cells.every(isCell))) return null;
  return { columns: columns as Table["columns"], rows };
}

function isCell(value: PythonValue): value is Cell {
  return typeof value !== "object";
}
