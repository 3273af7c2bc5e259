/**
 * What stands at the start of a safetensors file: the header as JSON, which says where each tensor's bytes lie behind it.
 * Source: the format as huggingface/safetensors describes it; the same limits are checked as by its own reader.
 */
import { z } from "zod";
import { CheckpointError } from "./errors.ts";

/** Bytes of one value of each type. */
export const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;

export type StoredType = keyof typeof BYTES;

const Entry = z.strictObject({
  dtype: z.enum(Object.keys(BYTES) as [StoredType, ...StoredType[]]),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const Metadata = z.record(z.string(), z.string());

/** Where a tensor's bytes are: `offset` counts from the start of the file. */
export interface TensorInfo {
  name: string;
  dtype: StoredType;
  shape: number[];
  file: string;
  offset: number;
  bytes: number;
}

/** A file that is not what the format says, naming the tensor where one is at fault. */
export function broken(file: string, message: string, field?: string): CheckpointError {
  return new CheckpointError({
    place: { file },
    field,
    message,
    cure: "The file is damaged or was only partly copied: fetch it again, or resume from an earlier checkpoint.",
  });
}

/** The parsed text, or undefined where it is no JSON: the schema that checks the value says so. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a parsed header says of a file of `size` bytes, whose tensors begin at byte `start`. Throws CheckpointError where that can't be. */
export function checkHeader(
  header: unknown,
  file: string,
  start: number,
  size: number,
): { metadata: Record<string, string>; tensors: Map<string, TensorInfo> } {
  if (typeof header !== "object" || header === null) throw broken(file, "the header is not valid JSON");
  const { __metadata__: rawMetadata = {}, ...entries } = header as Record<string, unknown>;
  const metadata = Metadata.safeParse(rawMetadata);
  if (!metadata.success) throw broken(file, "expected text for every value of the metadata", "__metadata__");

  const tensors = new Map<string, TensorInfo>();
  for (const [name, raw] of Object.entries(entries)) {
    const entry = Entry.safeParse(raw);
    if (!entry.success) throw broken(file, z.prettifyError(entry.error), name);
    const { dtype, shape, data_offsets } = entry.data;
    const [from, to] = data_offsets;
    const bytes = bytesOf({ dtype, shape });
    if (to - from !== bytes) throw broken(file, `${dtype} of shape [${shape}] takes ${bytes} bytes, its offsets span ${to - from}`, name);
    if (start + to > size) throw broken(file, `ends at byte ${start + to} of a file of ${size} bytes`, name);
    tensors.set(name, { name, dtype, shape, file, offset: start + from, bytes });
  }

  let expected = start;
  for (const { name, offset, bytes } of [...tensors.values()].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (offset < expected) throw broken(file, `overlaps the tensor before it by ${expected - offset} bytes`, name);
    if (offset > expected) throw broken(file, `${offset - expected} bytes before it belong to no tensor`, name);
    expected = offset + bytes;
  }
  if (expected !== size) throw broken(file, `${size - expected} bytes at the end belong to no tensor`);
  return { metadata: metadata.data, tensors };
}

/** A tensor as a header names it. */
export interface TensorPlace {
  name: string;
  dtype: StoredType;
  shape: readonly number[];
}

export function bytesOf({ dtype, shape }: Pick<TensorPlace, "dtype" | "shape">): number {
  return shape.reduce((product, side) => product * side, 1) * BYTES[dtype];
}

/** The header of a file with these tensors end to end, padded as the format's own writer does, so that they start at a multiple of 8 bytes. */
export function headerOf(tensors: readonly TensorPlace[], metadata: Record<string, string>): string {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const from = end;
    end += bytesOf({ dtype, shape });
    header[name] = { dtype, shape, data_offsets: [from, end] };
  }
  const text = JSON.stringify(header);
  return text + " ".repeat(-Buffer.byteLength(text) & 7);
}
