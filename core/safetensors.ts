/**
 * Safetensors files: 8 bytes with the header's length, the header as JSON, then the tensors' bytes end to end, little-endian.
 * Tensors are read one by one when asked for and written one by one, so never more than one is held beside what the caller holds.
 * Source: the format as huggingface/safetensors describes it; the same limits are checked as by its own reader.
 */
import { type FileHandle, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { beginAtomic, exists } from "./atomic.ts";
import { CheckpointError, noting, type Problem } from "./errors.ts";
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

/** One file of a checkpoint, its header as it stands there, padding included. */
export interface StoredFile {
  path: string;
  header: string;
  metadata: Record<string, string>;
}

/** A 16-bit tensor as it is stored. */
export interface HalfBits {
  dtype: "F16" | "BF16";
  bits: Uint16Array;
}

/** Tensors that can be read by name, from one file or from several shards. */
export interface Weights {
  /** the file, or the folder of the shards: for error messages */
  path: string;
  metadata: Record<string, string>;
  tensors: ReadonlyMap<string, TensorInfo>;
  /** in the order the index first names them */
  files: readonly StoredFile[];
  /** the text of model.safetensors.index.json, where there are shards */
  index: string | null;
  /** An F32, F16 or BF16 tensor as float32, row-major. With `shape`, any other shape is refused. */
  read(name: string, shape?: readonly number[]): Promise<Float32Array>;
  /** The same into an array of just that many values. */
  readInto(name: string, out: Float32Array, shape?: readonly number[]): Promise<void>;
  /** The bits of an F16 or BF16 tensor; with `narrow` an F32 one too, rounded to BF16 on the way. */
  readHalf(name: string, options?: { narrow?: boolean }): Promise<HalfBits>;
  /** A tensor of any type, as it is stored. */
  readBytes(name: string): Promise<Uint8Array>;
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
    const header = await readHeader(handle, path, size);
    const { metadata, tensors } = checkHeader(parseJson(header), path, 8 + Buffer.byteLength(header), size);
    return weights(path, [{ path, header, metadata }], tensors);
  } finally {
    await handle.close();
  }
}

const Index = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/, "expected a file name")) });

/**
 * The weights of a checkpoint folder: `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
 * Throws CheckpointError where there is neither, or where the index and its shards disagree. Pickled weights are refused by name.
 */
export async function readWeights(folder: string): Promise<Weights> {
  const single = join(folder, "model.safetensors");
  if (await exists(single)) return readSafetensors(single);
  const indexPath = join(folder, "model.safetensors.index.json");
  if (!(await exists(indexPath))) {
    await refusePickles(folder);
    throw new CheckpointError({
      place: { file: folder },
      message: "there is no model.safetensors and no model.safetensors.index.json",
      cure: "Give a Hugging Face checkpoint folder with safetensors weights.",
    });
  }
  const text = await readFile(indexPath, "utf8");
  const index = Index.safeParse(parseJson(text));
  if (!index.success) throw broken(indexPath, `not an index of shards: ${z.prettifyError(index.error)}`);

  const tensors = new Map<string, TensorInfo>();
  const files: StoredFile[] = [];
  const problems: Problem[] = [];
  for (const shard of new Set(Object.values(index.data.weight_map))) {
    const file = await noting(problems, () => readSafetensors(join(folder, shard)));
    if (file === null) continue;
    files.push(...file.files);
    for (const [name, info] of file.tensors) if (index.data.weight_map[name] === shard) tensors.set(name, info);
  }
  if (problems.length > 0) throw new CheckpointError(problems);
  for (const [name, shard] of Object.entries(index.data.weight_map)) {
    if (!tensors.has(name)) throw broken(join(folder, shard), "the index places this tensor here, but the file does not hold it", name);
  }
  return weights(folder, files, tensors, text);
}

/**
 * Throws CheckpointError where a folder holds weights that only Python's pickle can open. Call it where no safetensors file was found.
 */
export async function refusePickles(folder: string): Promise<void> {
  if (!(await exists(folder))) return;
  const pickles = (await readdir(folder)).filter((name) => /\.(bin|pt|pth|ckpt)$/i.test(name)).sort();
  if (pickles.length === 0) return;
  const shown = pickles.length > 3 ? `${pickles.slice(0, 3).join(", ")} and ${pickles.length - 3} more` : pickles.join(", ");
  throw new CheckpointError({
    place: { file: folder },
    message: `the weights are pickled (${shown}): a pickle can run code when it is opened, so it never is`,
    cure:
      "Fetch the safetensors version of these weights, or convert them in Python where you trust them: " +
      "load them with transformers (or peft) and save_pretrained(folder, safe_serialization=True).",
  });
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

async function readHeader(handle: FileHandle, path: string, size: number): Promise<string> {
  if (size < 8) throw broken(path, `expected a safetensors file, got ${size} bytes`);
  const prefix = Buffer.alloc(8);
  await readFully(handle, prefix, 0, path);
  const length = Number(prefix.readBigUInt64LE());
  if (length > MAX_HEADER) throw broken(path, `the header claims ${length} bytes, more than the ${MAX_HEADER} that the format allows`);
  if (8 + length > size) throw broken(path, `the header claims ${length} bytes, but the file ends after ${size - 8}`);
  const bytes = Buffer.alloc(length);
  await readFully(handle, bytes, 8, path);
  if (bytes[0] !== 0x7b) throw broken(path, "the header does not start with {: not a safetensors file");
  const text = bytes.toString("utf8");
  // What is not UTF-8 comes out as replacement characters, of another length.
  if (Buffer.byteLength(text) !== length) throw broken(path, "the header is not UTF-8");
  return text;
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

function weights(
  path: string,
  files: readonly StoredFile[],
  tensors: ReadonlyMap<string, TensorInfo>,
  index: string | null = null,
): Weights {
  const find = (name: string, shape?: readonly number[]): TensorInfo => {
    const info = tensors.get(name);
    if (info === undefined) {
      throw new CheckpointError({
        place: { file: path },
        field: name,
        message: "this tensor is missing",
        cure: "The weights belong to another architecture, or the file is incomplete: compare config.json with them.",
      });
    }
    if (shape !== undefined && `${shape}` !== `${info.shape}`) {
      throw new CheckpointError({
        place: { file: info.file },
        field: name,
        message: `expected shape [${shape}], got [${info.shape}]`,
        cure: "config.json describes another model than these weights: use the two files of one checkpoint.",
      });
    }
    return info;
  };
  return {
    path,
    metadata: Object.assign({}, ...files.map((file) => file.metadata)),
    tensors,
    files,
    index,
    async read(name, shape) {
      const info = find(name, shape);
      // Asked before room is made: of a type that is not read nothing is.
      floatType(info);
      const out = new Float32Array(info.bytes / BYTES[info.dtype]);
      await readFloats(info, out);
      return out;
    },
    async readInto(name, out, shape) {
      const info = find(name, shape);
      const count = info.bytes / BYTES[info.dtype];
      if (out.length !== count) throw new Error(`${name}: room for ${out.length} values, the tensor has ${count}`);
      await readFloats(info, out);
    },
    readHalf: (name, { narrow = false } = {}) => readHalfBits(find(name), narrow),
    async readBytes(name) {
      const info = find(name);
      const out = new Uint8Array(info.bytes);
      await readWhole(info, out);
      return out;
    },
    readIntegers: (name) => readWholeNumbers(find(name)),
  };
}

/** Throws CheckpointError where one of these can't be read as float32. */
export function checkFloats(tensors: Iterable<TensorInfo>): void {
  for (const info of tensors) floatType(info);
}

function floatType({ dtype, name, file }: TensorInfo): "F32" | "F16" | "BF16" {
  if (dtype === "F32" || dtype === "F16" || dtype === "BF16") return dtype;
  throw unreadable(file, name, dtype, "F32, F16 or BF16");
}

async function readFloats(info: TensorInfo, out: Float32Array): Promise<void> {
  const dtype = floatType(info);
  if (dtype === "F32") return readWhole(info, viewOf(out));
  const widen = dtype === "F16" ? widenHalf : widenBfloat16;
  await eachChunk(info, (chunk, done) => widen(new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2), out, done / 2));
}

async function readHalfBits(info: TensorInfo, narrow: boolean): Promise<HalfBits> {
  const { dtype, name, file, bytes } = info;
  if (dtype === "F16" || dtype === "BF16") {
    const bits = new Uint16Array(bytes / 2);
    await readWhole(info, viewOf(bits));
    return { dtype, bits };
  }
  if (dtype !== "F32" || !narrow) throw unreadable(file, name, dtype, narrow ? "F32, F16 or BF16" : "F16 or BF16");
  const bits = new Uint16Array(bytes / 4);
  await eachChunk(info, (chunk, done) => {
    bits.set(narrowToBfloat16(new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)), done / 4);
  });
  return { dtype: "BF16", bits };
}

function viewOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

async function readWholeNumbers(info: TensorInfo): Promise<Int32Array> {
  const { dtype, bytes, name, file } = info;
  if (dtype !== "I32" && dtype !== "I64") throw unreadable(file, name, dtype, "I32 or I64");
  const buffer = new Uint8Array(bytes);
  await readWhole(info, buffer);
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

/** Reads a tensor's bytes to where they are wanted. */
async function readWhole({ file, offset, bytes }: TensorInfo, into: Uint8Array): Promise<void> {
  const handle = await openForReading(file);
  try {
    // Node reads at most 2 GiB in one call.
    for (let done = 0; done < bytes; done += 2 ** 30) await readFully(handle, into.subarray(done, done + 2 ** 30), offset + done, file);
  } finally {
    await handle.close();
  }
}

/** Hands out a tensor's bytes piece by piece, `done` of them before this one. The next piece is read while one is in use. */
async function eachChunk({ file, offset, bytes }: TensorInfo, use: (chunk: Uint8Array, done: number) => void): Promise<void> {
  const handle = await openForReading(file);
  const buffers = [0, 1].map(() => new Uint8Array(Math.min(bytes, CHUNK_BYTES)));
  const fetch = async (done: number): Promise<Uint8Array> => {
    const chunk = buffers[(done / CHUNK_BYTES) % 2]!.subarray(0, bytes - done);
    await readFully(handle, chunk, offset + done, file);
    return chunk;
  };
  try {
    let next = fetch(0);
    for (let done = 0; done < bytes; done += CHUNK_BYTES) {
      const chunk = await next;
      if (done + CHUNK_BYTES < bytes) next = fetch(done + CHUNK_BYTES);
      use(chunk, done);
    }
    await next;
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

/** What a tensor is written from: float32 values, narrowed where its type is a 16-bit one, or its bytes as they are to stand in the file. */
export type TensorData = Float32Array | Uint16Array | Uint8Array;

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

/**
 * Writes a file atomically from its header and its tensors in the order of their bytes, each asked for when its turn comes.
 * Throws what `read` throws, then the older file stays; CheckpointError where the disk is full.
 */
export async function writeTensors(
  path: string,
  header: string,
  tensors: readonly TensorPlace[],
  read: (name: string) => TensorData | Promise<TensorData>,
): Promise<void> {
  const text = Buffer.from(header, "utf8");
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.byteLength));
  const file = await beginAtomic(path, { bytes: tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 8 + text.byteLength) });
  try {
    await file.write(prefix);
    await file.write(text);
    for (const tensor of tensors) {
      const data = await read(tensor.name);
      checkData(tensor, data);
      for (const piece of pieces(data, tensor.dtype)) await file.write(piece);
    }
  } catch (error) {
    await file.abort();
    throw error;
  }
  await file.commit();
}

function checkData(tensor: TensorPlace, data: TensorData): void {
  const { name, dtype, shape } = tensor;
  const bytes = bytesOf(tensor);
  if (!(data instanceof Float32Array)) {
    if (data.byteLength !== bytes)
      throw new Error(`${name}: ${dtype} of shape [${shape}] takes ${bytes} bytes, the data has ${data.byteLength}`);
    return;
  }
  if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") throw new Error(`${name}: ${dtype} is not written from float32`);
  const count = bytes / BYTES[dtype];
  if (data.length !== count) throw new Error(`${name}: shape [${shape}] has ${count} values, the data ${data.length}`);
}

/** The bytes to write; what is narrowed comes in pieces, so there is never a second copy of a tensor. */
function* pieces(data: TensorData, dtype: StoredType): Generator<Uint8Array> {
  if (!(data instanceof Float32Array) || dtype === "F32") {
    yield viewOf(data);
    return;
  }
  const narrow = dtype === "F16" ? narrowToHalf : narrowToBfloat16;
  const step = CHUNK_BYTES / 2;
  for (let done = 0; done < data.length; done += step) yield viewOf(narrow(data.subarray(done, done + step)));
}

/**
 * Writes a file atomically, tensors in the order of the map.
 * `metadata` is free text; Python's transformers asks for the `format` that stands there by default.
 * Throws CheckpointError where the disk is full.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Record<string, string> = { format: "pt" },
): Promise<void> {
  const places = [...tensors].map(([name, { shape, dtype = "F32" }]) => ({ name, shape, dtype }));
  for (const place of places) checkData(place, tensors.get(place.name)!.data);
  await writeTensors(path, headerOf(places, metadata), places, (name) => tensors.get(name)!.data);
}
