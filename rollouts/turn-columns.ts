import type * as Arrow from "apache-arrow";
import type { TurnSpan } from "../core/types.ts";
import { validity } from "./buffers.ts";
import { columnMaker } from "./columns.ts";
import type { Encoder } from "./encoder.ts";

/** Who wrote which stretch, a list a row; null where it is not known. `start` and `end` count UTF-16 units of the text, the log is JSON. */
export function turnColumns(loaded: Encoder, type: Arrow.DataType, rows: readonly (readonly TurnSpan[] | null)[]): Arrow.Data {
  const make = columnMaker(loaded);
  const flat = rows.flatMap((row) => row ?? []);
  const int = (pick: (turn: TurnSpan) => number) => make.number(new loaded.columns.Int32(), flat.map(pick));
  const child = make.struct(type.children[0]!.type, flat.length, [
    make.dictionary(
      "roles",
      flat.map(({ role }) => role),
    ),
    int(({ start }) => start),
    int(({ end }) => end),
    int(({ firstToken }) => firstToken),
    int(({ endToken }) => endToken),
    make.text(flat.map(({ log }) => (log === undefined ? null : JSON.stringify(log)))),
  ]);
  return make.list(
    type,
    rows.map((row) => row?.length ?? 0),
    child,
    validity(rows),
  );
}

export interface TurnRow {
  role: TurnSpan["role"];
  start: number;
  end: number;
  first_token: number;
  end_token: number;
  log: string | null;
}

/** A turn as it was recorded. Throws where its log is no JSON: a damaged file. */
export function turnOf({ role, start, end, first_token: firstToken, end_token: endToken, log }: TurnRow): TurnSpan {
  return { role, start, end, firstToken, endToken, ...(log === null ? {} : { log: JSON.parse(log) }) };
}
