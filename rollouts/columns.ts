import type * as Arrow from "apache-arrow";
import { offsetsOf, utf8Buffers, validity } from "./buffers.ts";
import type { Dictionaries, Encoder } from "./encoder.ts";

/** Makes the columns of one batch. Every method takes one value a row. */
export function columnMaker({ columns: a, dictionaries }: Encoder) {
  const number = (type: Arrow.Int32 | Arrow.Uint32 | Arrow.Float64, values: readonly (number | null)[]): Arrow.Data =>
    a.makeData({
      type,
      length: values.length,
      data: type.ArrayType.from(values.map((value) => value ?? 0)),
      ...validity(values),
    } as never);
  const text = (values: readonly (string | null)[]): Arrow.Data =>
    a.makeData({ type: new a.Utf8(), length: values.length, ...utf8Buffers(values.map((value) => value ?? "")), ...validity(values) });
  const dictionary = (name: keyof Dictionaries, values: readonly string[]): Arrow.Data => {
    const { type, values: entries, entries: names } = dictionaries[name];
    const indices = Int8Array.from(values, (value) => {
      const index = names.indexOf(value);
      if (index === -1) throw new Error(`"${value}" is none of ${name}: ${names.join(", ")}`);
      return index;
    });
    return a.makeData({ type, length: values.length, data: indices, dictionary: entries });
  };
  const list = (
    type: Arrow.DataType,
    lengths: readonly number[],
    child: Arrow.Data,
    nulls: ReturnType<typeof validity> | object = {},
  ): Arrow.Data => a.makeData({ type: type as Arrow.List, length: lengths.length, valueOffsets: offsetsOf(lengths), child, ...nulls });
  const arrays = (type: Arrow.DataType, rows: readonly (Int32Array | Float32Array)[]): Arrow.Data => {
    const lengths = rows.map((row) => row.length);
    const [item] = type.children;
    const flat = item!.type.ArrayType as typeof Int32Array | typeof Float32Array;
    const data = new flat(lengths.reduce((sum, length) => sum + length, 0));
    const offsets = offsetsOf(lengths);
    for (const [i, row] of rows.entries()) data.set(row, offsets[i]!);
    return list(type, lengths, a.makeData({ type: item!.type, length: data.length, data } as never));
  };
  const struct = (type: Arrow.DataType, length: number, children: Arrow.Data[]): Arrow.Data =>
    a.makeData({ type: type as Arrow.Struct, length, children });
  const map = (type: Arrow.DataType, rows: readonly (Record<string, number> | null)[]): Arrow.Data => {
    const entries = rows.map((row) => Object.entries(row ?? {}));
    const flat = entries.flat();
    const child = struct(type.children[0]!.type, flat.length, [
      text(flat.map(([key]) => key)),
      number(
        new a.Float64(),
        flat.map(([, value]) => value),
      ),
    ]);
    const valueOffsets = offsetsOf(entries.map((row) => row.length));
    return a.makeData({ type: type as Arrow.Map_, length: rows.length, valueOffsets, child, ...validity(rows) });
  };
  return { number, text, dictionary, list, arrays, struct, map };
}
