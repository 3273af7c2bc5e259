/** Safetensors files, written atomically and tensor by tensor, so never more than one is held beside what the caller holds. */
import { beginAtomic } from "./atomic.ts";
import { narrowToBfloat16, narrowToHalf } from "./half.ts";
import { BYTES, bytesOf, headerOf, type StoredType, type TensorPlace } from "./safetensors-header.ts";
import { CHUNK_BYTES, viewOf } from "./tensor-bytes.ts";

export interface TensorToWrite {
  shape: readonly number[];
  data: Float32Array;
  /** F32 unless told otherwise */
  dtype?: "F32" | "F16" | "BF16";
}

/** What a tensor is written from: float32 values, narrowed where its type is a 16-bit one, or its bytes as they are to stand in the file. */
export type TensorData = Float32Array | Uint16Array | Uint8Array;

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
