/** A tensor's bytes from its file: as they are, or as the numbers that they stand for. */
import { type FileHandle, open } from "node:fs/promises";
import { CheckpointError } from "./errors.ts";
import { narrowToBfloat16, widenBfloat16, widenHalf } from "./half.ts";
import { broken, type TensorInfo } from "./safetensors-header.ts";

/** A 16-bit tensor as it is stored. */
export interface HalfBits {
  dtype: "F16" | "BF16";
  bits: Uint16Array;
}

export const CHUNK_BYTES = 4 * 2 ** 20;

/** Throws CheckpointError where one of these can't be read as float32. */
export function checkFloats(tensors: Iterable<TensorInfo>): void {
  for (const info of tensors) floatType(info);
}

/** The type of a tensor that can be read as float32. Throws CheckpointError for any other. */
export function floatType({ dtype, name, file }: TensorInfo): "F32" | "F16" | "BF16" {
  if (dtype === "F32" || dtype === "F16" || dtype === "BF16") return dtype;
  throw unreadable(file, name, dtype, "F32, F16 or BF16");
}

/** Reads an F32, F16 or BF16 tensor as float32. */
export async function readFloats(info: TensorInfo, out: Float32Array): Promise<void> {
  const dtype = floatType(info);
  if (dtype === "F32") return readWhole(info, viewOf(out));
  const widen = dtype === "F16" ? widenHalf : widenBfloat16;
  await eachChunk(info, (chunk, done) => widen(new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2), out, done / 2));
}

/** The bits of an F16 or BF16 tensor; with `narrow` those of an F32 one, rounded to BF16. */
export async function readHalfBits(info: TensorInfo, narrow: boolean): Promise<HalfBits> {
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

/** An array's own bytes. */
export function viewOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Reads an I32 or I64 tensor. Throws CheckpointError for values beyond 32 bits. */
export async function readWholeNumbers(info: TensorInfo): Promise<Int32Array> {
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
export async function readWhole({ file, offset, bytes }: TensorInfo, into: Uint8Array): Promise<void> {
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

/** Fills the array from a place in the file. Throws CheckpointError where the file ends before. */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    const { bytesRead } = await handle.read(into, done, into.byteLength - done, position + done);
    if (bytesRead === 0) throw broken(path, `the file ends at byte ${position + done}, ${into.byteLength - done} bytes too early`);
    done += bytesRead;
  }
}

export async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new CheckpointError({ place: { file: path }, message: "there is no such file", cure: "Check the path of the checkpoint." });
    }
    throw error;
  }
}
