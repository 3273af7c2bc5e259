import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CheckpointError } from "./errors.ts";
import { readSafetensors, readWeights } from "./safetensors.ts";
import { writeSafetensors } from "./safetensors-write.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file from a header and the bytes behind it, as the format says. */
async function file(name: string, header: unknown, data: Uint8Array): Promise<string> {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.byteLength));
  const path = join(folder, name);
  await writeFile(path, Buffer.concat([prefix, text, data]));
  return path;
}

function bytes(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

test("integers of 32 and 64 bits", async () => {
  const header = {
    small: { dtype: "I32", shape: [2], data_offsets: [0, 8] },
    large: { dtype: "I64", shape: [2], data_offsets: [8, 24] },
    beyond: { dtype: "I64", shape: [1], data_offsets: [24, 32] },
  };
  const data = Buffer.concat([
    bytes(Int32Array.of(-1, 7)),
    bytes(BigInt64Array.of(-5n, 2n ** 31n - 1n)),
    bytes(BigInt64Array.of(2n ** 31n)),
  ]);
  const weights = await readSafetensors(await file("integers", header, data));
  expect([...(await weights.readIntegers("small"))]).toEqual([-1, 7]);
  expect([...(await weights.readIntegers("large"))]).toEqual([-5, 2 ** 31 - 1]);
  await expect(weights.readIntegers("beyond")).rejects.toThrow(/beyond: 2147483648 does not fit into 32 bits/);
  await expect(weights.read("small")).rejects.toThrow(/small: expected F32, F16 or BF16, got I32/);
});

const F32 = (from: number, to: number, shape = [(to - from) / 4]) => ({ dtype: "F32", shape, data_offsets: [from, to] });

test.each<[string, unknown, number, RegExp]>([
  ["no-json", "{nonsense", 0, /not valid JSON/],
  ["no-object", "[1]", 0, /does not start with \{/],
  ["metadata", { __metadata__: { step: 3 } }, 0, /__metadata__: expected text/],
  ["dtype", { w: { dtype: "Q4", shape: [1], data_offsets: [0, 4] } }, 4, /: w: .*Invalid option/],
  ["negative", { w: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }, 4, /: w: .*Too small/],
  ["shape", { w: F32(0, 8, [3]) }, 8, /: w: F32 of shape \[3\] takes 12 bytes, its offsets span 8/],
  ["outside", { w: F32(0, 8) }, 4, /: w: ends at byte \d+ of a file of \d+ bytes/],
  ["overlap", { a: F32(0, 8), w: F32(4, 12) }, 12, /: w: overlaps the tensor before it by 4 bytes/],
  ["hole", { a: F32(0, 4), w: F32(8, 12) }, 12, /: w: 4 bytes before it belong to no tensor/],
  ["tail", { a: F32(0, 4) }, 6, /2 bytes at the end belong to no tensor/],
])("a damaged header: %s", async (name, header, length, message) => {
  const path = await file(`bad-${name}`, header, new Uint8Array(length));
  const failure = readSafetensors(path);
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.toBeInstanceOf(CheckpointError);
  await expect(failure).rejects.toThrow(path);
});

test("cut files, at every kind of place", async () => {
  const whole = await readFile("tests/fixtures/llama/model.safetensors");
  for (const length of [0, 7, 8, 100, 2056, whole.length - 1]) {
    const path = join(folder, `cut-${length}`);
    await writeFile(path, whole.subarray(0, length));
    await expect(readSafetensors(path)).rejects.toBeInstanceOf(CheckpointError);
  }
  const claims = join(folder, "claims");
  await writeFile(claims, Buffer.from("ffffffffffffffff7b7d", "hex"));
  await expect(readSafetensors(claims)).rejects.toThrow(/more than the 100000000/);
  await expect(readSafetensors(join(folder, "none"))).rejects.toThrow(/there is no such file/);
});

test("a tensor that is missing, or of another shape than expected, is named", async () => {
  const weights = await readSafetensors("tests/fixtures/llama/model.safetensors");
  await expect(weights.read("model.lm_head.weight")).rejects.toThrow(/model\.lm_head\.weight: this tensor is missing/);
  await expect(weights.read("model.embed_tokens.weight", [297, 48])).rejects.toThrow(
    /model\.embed_tokens\.weight: expected shape \[297,48\], got \[296,48\]/,
  );
});

test("shards: each tensor from the file that the index names", async () => {
  const shards = await mkdtemp(join(folder, "shards-"));
  await writeSafetensors(join(shards, "one.safetensors"), new Map([["a", { shape: [1], data: Float32Array.of(1) }]]));
  await writeSafetensors(join(shards, "two.safetensors"), new Map([["b", { shape: [1], data: Float32Array.of(2) }]]));
  const index = join(shards, "model.safetensors.index.json");
  const place = (weight_map: unknown) => writeFile(index, JSON.stringify({ metadata: {}, weight_map }));
  await place({ a: "one.safetensors", b: "two.safetensors" });
  const weights = await readWeights(shards);
  expect([...(await weights.read("a")), ...(await weights.read("b"))]).toEqual([1, 2]);

  await place({ a: "one.safetensors", b: "one.safetensors" });
  await expect(readWeights(shards)).rejects.toThrow(/one\.safetensors: b: the index places this tensor here/);
  await place({ a: "three.safetensors" });
  await expect(readWeights(shards)).rejects.toThrow(/three\.safetensors: there is no such file/);
  await place({ a: "../one.safetensors" });
  await expect(readWeights(shards)).rejects.toThrow(/expected a file name/);
  await rm(index);
  await expect(readWeights(shards)).rejects.toThrow(/there is no model\.safetensors and no/);
});
