import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSafetensors, readWeights } from "./safetensors.ts";
import { writeSafetensors } from "./safetensors-write.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

function bytes(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

test("the bytes of a small file, counted by hand", async () => {
  const path = join(folder, "hand.safetensors");
  await writeSafetensors(path, new Map([["b", { shape: [2], data: Float32Array.of(1, -2) }]]), {});
  const header = '{"__metadata__":{},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'; // 72 characters, a multiple of 8
  const raw = await readFile(path);
  expect(raw.readBigUInt64LE()).toBe(72n);
  expect(raw.subarray(8, 80).toString()).toBe(header);
  expect([...raw.subarray(80)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
});

test("what is written is read again: order, shapes, metadata, types", async () => {
  const path = join(folder, "round.safetensors");
  const exact = Float32Array.of(1.5, -0, 2 ** -130, Infinity, Number.NaN, 3.1415927410125732);
  const tensors = new Map([
    ["z", { shape: [2, 3], data: exact }],
    ["a", { shape: [3], data: Float32Array.of(1, 2, 3), dtype: "BF16" as const }],
    ["empty", { shape: [0, 4], data: new Float32Array(0) }],
    ["scalar", { shape: [], data: Float32Array.of(0.333251953125), dtype: "F16" as const }], // 0x3555 / 2^12
  ]);
  await writeSafetensors(path, tensors, { format: "pt", note: "ü" });
  const weights = await readSafetensors(path);
  expect([...weights.tensors.keys()]).toEqual(["z", "a", "empty", "scalar"]);
  expect(weights.metadata).toEqual({ format: "pt", note: "ü" });
  expect(weights.tensors.get("z")!.offset % 8).toBe(0);
  expect(bytes(await weights.read("z", [2, 3]))).toEqual(bytes(exact));
  expect([...(await weights.read("a"))]).toEqual([1, 2, 3]);
  expect((await weights.read("empty")).length).toBe(0);
  expect([...(await weights.read("scalar", []))]).toEqual([0.333251953125]);
});

test("a 16-bit tensor of more than one chunk", async () => {
  const path = join(folder, "long.safetensors");
  const data = Float32Array.from({ length: 2 ** 21 + 3 }, (_, i) => i % 256);
  await writeSafetensors(path, new Map([["x", { shape: [data.length], data, dtype: "BF16" as const }]]));
  const back = await (await readSafetensors(path)).read("x");
  expect(Buffer.compare(bytes(back), bytes(data))).toBe(0);
});

test.each(["llama", "smolvlm"])("%s, as Python wrote it, is rewritten byte for byte", async (name) => {
  const original = join("tests/fixtures", name, "model.safetensors");
  const weights = await readWeights(join("tests/fixtures", name));
  const copy = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const { name: tensor, shape } of weights.tensors.values()) copy.set(tensor, { shape, data: await weights.read(tensor) });
  const path = join(folder, `${name}.safetensors`);
  await writeSafetensors(path, copy, weights.metadata);
  const sha = async (file: string) =>
    createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  expect(await sha(path)).toBe(await sha(original));
});

test("data that does not fit its shape is refused before anything is written", async () => {
  const path = join(folder, "wrong.safetensors");
  await expect(writeSafetensors(path, new Map([["w", { shape: [2], data: new Float32Array(3) }]]))).rejects.toThrow(/w: shape \[2\]/);
  expect((await readdir(folder)).filter((name) => name.includes("wrong"))).toEqual([]);
});
