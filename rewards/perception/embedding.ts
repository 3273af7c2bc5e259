import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { Picture } from "../../core/types.ts";

/** A folder with an image encoder as @huggingface/transformers reads it; nothing is ever fetched. */
export const EncoderFolder = z.string().refine((folder) => existsSync(join(folder, "config.json")), {
  error: ({ input }) => `no config.json in ${String(input)}; give a local model folder`,
});

type Encoder = (picture: Picture) => Promise<Float32Array>;
const encoders = new Map<string, Promise<Encoder>>();

/** The encoder of a folder, loaded once. Rejects where the folder does not hold one. */
function encoder(folder: string): Promise<Encoder> {
  const path = resolve(folder);
  const known = encoders.get(path);
  if (known !== undefined) return known;
  const loading = load(path);
  encoders.set(path, loading);
  return loading;
}

async function load(path: string): Promise<Encoder> {
  const { pipeline, RawImage } = await import("@huggingface/transformers");
  const extract = await pipeline("image-feature-extraction", path, { local_files_only: true, dtype: "fp32" });
  return async ({ width, height, data }) => {
    const features = await extract(new RawImage(new Uint8ClampedArray(data), width, height, 3), { pool: true });
    return Float32Array.from(features.data as Iterable<number>);
  };
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) [dot, aa, bb] = [dot + a[i]! * b[i]!, aa + a[i]! ** 2, bb + b[i]! ** 2];
  return aa > 0 && bb > 0 ? Math.min(1, Math.max(-1, dot / Math.sqrt(aa * bb))) : 0;
}

/** Cosine of the pooled features of two pictures, in [-1, 1]. */
export async function encodedSimilarity(a: Picture, b: Picture, folder: string): Promise<number> {
  const encode = await encoder(folder);
  return cosine(await encode(a), await encode(b));
}
