/**
 * How a checkpoint's weights lie in their files: which tensor in which file, in what order and type, with what header. Writing along the
 * layout that was read keeps all of it, so what training did not change is the same byte for byte.
 */
import { basename, join } from "node:path";
import { atomicWrite } from "./atomic.ts";
import type { Weights } from "./safetensors.ts";
import { bytesOf, headerOf, type StoredType, type TensorPlace } from "./safetensors-header.ts";
import { type TensorData, writeTensors } from "./safetensors-write.ts";

export interface LayoutFile {
  /** without the folder */
  name: string;
  metadata: Record<string, string>;
  /** in the order of their bytes */
  tensors: readonly TensorPlace[];
  /** the header's text, padding included */
  header: string;
}

/** Plain data: it can be sent to another thread. */
export interface WeightLayout {
  files: readonly LayoutFile[];
  /** the text of model.safetensors.index.json, where there are shards */
  index: string | null;
}

const INDEX = "model.safetensors.index.json";

/** The layout of a checkpoint. Tensors that a shard holds but the index does not place there are left out, as in reading. */
export function layoutOf(weights: Weights): WeightLayout {
  const files = weights.files.map(({ path, header, metadata }): LayoutFile => {
    const tensors = [...weights.tensors.values()]
      .filter(({ file }) => file === path)
      .sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)
      .map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    const held = Object.keys(JSON.parse(header)).filter((name) => name !== "__metadata__").length;
    return { name: basename(path), metadata, tensors, header: held === tensors.length ? header : headerOf(tensors, metadata) };
  });
  return { files, index: weights.index };
}

export interface DefaultLayoutOptions {
  /** for tensors that name no type of their own */
  dtype?: "F32" | "F16" | "BF16";
  /** a file's tensors take no more than this, unless it is a single one */
  maxFileBytes?: number;
}

/**
 * The layout that Python's transformers would give a new model: one file, or above `maxFileBytes` shards of tensors in the order given.
 * Inside a file the larger types come first, then names in their alphabetical order, as the safetensors library writes them.
 */
export function defaultLayout(
  tensors: Iterable<{ name: string; shape: readonly number[]; dtype?: "F32" | "F16" | "BF16" }>,
  { dtype = "F32", maxFileBytes = 5e9 }: DefaultLayoutOptions = {},
): WeightLayout {
  const places = Array.from(tensors, (tensor): TensorPlace => ({ dtype, ...tensor }));
  const shards = split(places, maxFileBytes);
  const name = (i: number) =>
    shards.length === 1 ? "model.safetensors" : `model-${padded(i + 1)}-of-${padded(shards.length)}.safetensors`;
  const metadata = { format: "pt" };
  const files = shards.map((shard, i): LayoutFile => {
    const sorted = [...shard].sort(inFileOrder);
    return { name: name(i), metadata, tensors: sorted, header: headerOf(sorted, metadata) };
  });
  return { files, index: shards.length === 1 ? null : indexText(places, files) };
}

/** In the order given; a shard is full when the next tensor would go over. */
function split(places: readonly TensorPlace[], maxFileBytes: number): TensorPlace[][] {
  const shards: TensorPlace[][] = [[]];
  let size = 0;
  for (const place of places) {
    const bytes = bytesOf(place);
    if (size > 0 && size + bytes > maxFileBytes) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(place);
    size += bytes;
  }
  return shards;
}

/** The order of the library's own list of types, largest alignment first. */
const RANK: Partial<Record<StoredType, number>> = { F32: 0, BF16: 1, F16: 2 };

function inFileOrder(a: TensorPlace, b: TensorPlace): number {
  return RANK[a.dtype]! - RANK[b.dtype]! || (a.name < b.name ? -1 : 1);
}

function indexText(places: readonly TensorPlace[], files: readonly LayoutFile[]): string {
  const metadata = {
    total_parameters: places.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0),
    total_size: places.reduce((sum, place) => sum + bytesOf(place), 0),
  };
  const fileOf = files.flatMap(({ name, tensors }) => tensors.map((tensor): [string, string] => [tensor.name, name]));
  const weight_map = Object.fromEntries(fileOf.sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ metadata, weight_map }, null, 2)}\n`;
}

function padded(value: number): string {
  return String(value).padStart(5, "0");
}

/**
 * Writes a checkpoint's weights into `folder`: file after file, each atomically, then the index. `read` is asked for one tensor at a time,
 * in the files' order, and what it gave is let go before the next. It gives float32 values, or the bytes of the layout's type.
 * Throws CheckpointError where the disk is full.
 */
export async function writeWeights(
  folder: string,
  { files, index }: WeightLayout,
  read: (name: string) => TensorData | Promise<TensorData>,
): Promise<void> {
  for (const { name, header, tensors } of files) await writeTensors(join(folder, name), header, tensors, read);
  if (index !== null) await atomicWrite(join(folder, INDEX), index);
}
