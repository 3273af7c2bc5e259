/**
 * Safetensors files: 8 bytes with the header's length, the header as JSON, then the tensors' bytes end to end, little-endian.
 * Tensors are read one by one when asked for and written one by one, so never more than one is held beside what the caller holds.
 * Source: the format as huggingface/safetensors describes it; the same limits are checked as by its own reader.
 */
import { type FileHandle, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { exists } from "./atomic.ts";
import { CheckpointError, noting, type Problem } from "./errors.ts";
import { BYTES, broken, checkHeader, parseJson, type TensorInfo } from "./safetensors-header.ts";
import {
  floatType,
  type HalfBits,
  openForReading,
  readFloats,
  readFully,
  readHalfBits,
  readWhole,
  readWholeNumbers,
} from "./tensor-bytes.ts";

/** One file of a checkpoint, its header as it stands there, padding included. */
export interface StoredFile {
  path: string;
  header: string;
  metadata: Record<string, string>;
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

const MAX_HEADER = 100_000_000;

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
