/**
 * Safetensors files: 8 bytes with the header's length, the header as JSON, then the tensors' bytes end to end, little-endian.
 * Tensors are read one by one when asked for and written one by one, so never more than one is held beside what the caller holds.
 * Source: the format as huggingface/safetensors describes it; the same limits are checked as by its own reader.
 */
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { beginAtomic, exists } from "./atomic.ts";
import { CheckpointError } from "./errors.ts";
import { narrowToBfloat16, narrowToHalf, widenBfloat16, widenHalf } from "./half.ts";

const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;

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

/** Tensors that can be read by name, from one file or from several shards. */
export interface Weights {
  /** the file, or the folder of the shards: for error messages */
  path: string;
  metadata: Record<string, string>;
  tensors: ReadonlyMap<string, TensorInfo>;
  /** An F32, F16 or BF16 tensor as float32, row-major. With `shape`, any other shape is refused. */
  read(name: string, shape?: readonly number[]): Promise<Float32Array>;
  /** An I32 or I64 tensor, its values within 32 bits. */
  readIntegers(name: string): Promise<Int32Array>;
}

export interface TensorToWrite {
  shape: readonly number[];
  data: Float32Array;
  /** F32 unless told otherwise */
  dtype?: "F32" | "F16" | "BF16";
}

const MAX_HEADER = 100_000_000;
const CHUNK_BYTES = 4 * 2 ** 20;

function broken(file: string, message: string, field?: string): CheckpointError {
  return new CheckpointError({
    place: { file },
    field,
    message,
    cure: "The file is damaged or was only partly copied: fetch it again, or resume from an earlier checkpoint.",
  });
}

/**
 * Reads and checks the header; tensors stay on the disk.
 * Throws CheckpointError, naming the tensor where one is at fault: a missing or truncated file, a header that is not what the format
 * says, bytes that overlap, leave holes or lie outside the file, a size that differs from shape times type.
 */
export async function readSafetensors(path: string): Promise<Weights> {
  const handle = await openForReading(path);
  try {
    const { size } = await handle.stat();
    const { header, start } = await readHeader(handle, path, size);
    const { metadata, tensors } = checkHeader(header, path, start, size);
    return weights(path, metadata, tensors);
  } finally {
    await handle.close();
  }
}

const Index = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/, "expected a file name")) });

/**
 * The weights of a checkpoint folder: `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
 * Throws CheckpointError where there is neither, or where the index and its shards disagree.
 */
export async function readWeights(folder: string): Promise<Weights> {
  const single = join(folder, "model.safetensors");
  if (await exists(single)) return readSafetensors(single);
  const indexPath = join(folder, "model.safetensors.index.json");
  if (!(await exists(indexPath))) {
    throw new CheckpointError({
      place: { file: folder },
      message: "there is no model.safetensors and no model.safetensors.index.json",
      cure: "Give a Hugging Face checkpoint folder with safetensors weights.",
    });
  }
  const index = Index.safeParse(parseJson(await readFile(indexPath, "utf8")));
  if (!index.success) throw broken(indexPath, `not an index of shards: ${z.prettifyError(index.error)}`);

  const tensors = new Map<string, TensorInfo>();
  let metadata: Record<string, string> = {};
  for (const shard of new Set(Object.values(index.data.weight_map))) {
    const file = await readSafetensors(join(folder, shard));
    metadata = { ...metadata, ...file.metadata };
    for (const [name, info] of file.tensors) if (index.data.weight_map[name] === shard) tensors.set(name, info);
  }
  for (const [name, shard] of Object.entries(index.data.weight_map)) {
    if (!tensors.has(name)) throw broken(join(folder, shard), "the index places this tensor here, but the file does not hold it", name);
  }
  return weights(folder, metadata, tensors);
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new CheckpointError({ place: { file: path }, message: "there is no such file", cure: "Check the path of the checkpoint." });
    }
    throw error;
  }
}

async function readHeader(handle: FileHandle, path: string, size: number): Promise<{ header: unknown; start: number }> {
  if (size < 8) throw broken(path, `expected a safetensors file, got ${size} bytes`);
  const prefix = Buffer.alloc(8);
  await readFully(handle, prefix, 0, path);
  const length = Number(prefix.readBigUInt64LE());
  if (length > MAX_HEADER) throw broken(path, `the header claims ${length} bytes, more than the ${MAX_HEADER} that the format allows`);
  if (8 + length > size) throw broken(path, `the header claims ${length} bytes, but the file ends after ${size - 8}`);
  const text = Buffer.alloc(length);
  await readFully(handle, text, 8, path);
  if (text[0] !== 0x7b) throw broken(path, "the header does not start with {: not a safetensors file");
  return { header: parseJson(text.toString("utf8")), start: 8 + length };
}

/** The parsed text, or undefined where it is no JSON: the schema that checks the value says so. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkHeader(
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
    const bytes = shape.reduce((product, side) => product * side, 1) * BYTES[dtype];
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

function weights(path: string, metadata: Record<string, string>, tensors: ReadonlyMap<string, TensorInfo>): Weights {
  const find = (name: string): TensorInfo => {
    const info = tensors.get(name);
    if (info !== undefined) return info;
    throw new CheckpointError({
      place: { file: path },
      field: name,
      message: "this tensor is missing",
      cure: "The weights belong to another architecture, or the file is incomplete: compare config.json with them.",
    });
  };
  return {
    path,
    metadata,
    tensors,
    async read(name, shape) {
      const info = find(name);
      if (shape !== undefined && `${shape}` !== `${info.shape}`) {
        throw new CheckpointError({
          place: { file: info.file },
          field: name,
          message: `expected shape [${shape}], got [${info.shape}]`,
          cure: "config.json describes another model than these weights: use the two files of one checkpoint.",
        });
      }
      return readFloats(info);
    },
    readIntegers: (name) => readWholeNumbers(find(name)),
  };
}

async function readFloats(info: TensorInfo): Promise<Float32Array> {
  const { dtype, bytes, name, file } = info;
  const out = new Float32Array(bytes / BYTES[dtype]);
  if (dtype === "F32") {
    await eachChunk(info, 2 ** 30, new Uint8Array(out.buffer), () => {});
    return out;
  }
  if (dtype !== "F16" && dtype !== "BF16") throw unreadable(file, name, dtype, "F32, F16 or BF16");
  const widen = dtype === "F16" ? widenHalf : widenBfloat16;
  const buffer = new Uint8Array(Math.min(bytes, CHUNK_BYTES));
  await eachChunk(info, CHUNK_BYTES, buffer, (chunk, done) => {
    widen(new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2), out, done / 2);
  });
  return out;
}

async function readWholeNumbers(info: TensorInfo): Promise<Int32Array> {
  const { dtype, bytes, name, file } = info;
  if (dtype !== "I32" && dtype !== "I64") throw unreadable(file, name, dtype, "I32 or I64");
  const buffer = new Uint8Array(bytes);
  await eachChunk(info, 2 ** 30, buffer, () => {});
  if (dtype === "I32") return new Int32Array(buffer.buffer);
  return Int32Array.from(new BigInt64Array(buffer.buffer), (value) => {
    if (value !== BigInt.asIntN(32, value)) throw broken(file, `${value} does not fit into 32 bits`, name);
    return Number(value);
  });
}

function unreadable(file: string, field: string, dtype: string, wanted: string): CheckpointError {
  return new CheckpointError({
    place: { file },
    field,
    message: `expected ${wanted}, got ${dtype}`,
    cure: "Quantised weights are not read; use the checkpoint's unquantised version.",
  });
}

/** Reads a tensor's bytes piece by piece: into one place after another of `buffer` where it holds them all, else over and over into its start. */
async function eachChunk(
  { file, offset, bytes }: TensorInfo,
  size: number,
  buffer: Uint8Array,
  use: (chunk: Uint8Array, done: number) => void,
): Promise<void> {
  const whole = buffer.byteLength >= bytes;
  const handle = await openForReading(file);
  try {
    for (let done = 0; done < bytes; done += size) {
      const length = Math.min(size, bytes - done);
      const at = whole ? done : 0;
      const chunk = buffer.subarray(at, at + length);
      await readFully(handle, chunk, offset + done, file);
      use(chunk, done);
    }
  } finally {
    await handle.close();
  }
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    const { bytesRead } = await handle.read(into, done, into.byteLength - done, position + done);
    if (bytesRead === 0) throw broken(path, `the file ends at byte ${position + done}, ${into.byteLength - done} bytes too early`);
    done += bytesRead;
  }
}

/**
 * Writes a file atomically, tensors in the order of the map; the header is padded so that they start at a multiple of 8 bytes.
 * `metadata` is free text; Python's transformers asks for the `format` that stands there by default.
 * Throws CheckpointError where the disk is full.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Record<string, string> = { format: "pt" },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, data, dtype = "F32" }] of tensors) {
    const count = shape.reduce((product, side) => product * side, 1);
    if (count !== data.length) throw new Error(`${name}: shape [${shape}] has ${count} values, the data ${data.length}`);
    const from = end;
    end += count * BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [from, end] };
  }
  const text = Buffer.from(JSON.stringify(header), "utf8");
  const length = Math.ceil(text.byteLength / 8) * 8;
  const prefix = Buffer.alloc(8 + length, " ");
  prefix.writeBigUInt64LE(BigInt(length));
  text.copy(prefix, 8);

  const file = await beginAtomic(path, { bytes: prefix.byteLength + end });
  await file.write(prefix);
  for (const { data, dtype = "F32" } of tensors.values()) {
    if (dtype === "F32") {
      await file.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      continue;
    }
    const narrow = dtype === "F16" ? narrowToHalf : narrowToBfloat16;
    for (let done = 0; done < data.length; done += CHUNK_BYTES / 2) {
      const bits = narrow(data.subarray(done, done + CHUNK_BYTES / 2));
      await file.write(new Uint8Array(bits.buffer));
    }
  }
  await file.commit();
}
