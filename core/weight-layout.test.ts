import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CheckpointError } from "./errors.ts";
import { readSafetensors, readWeights } from "./safetensors.ts";
import { bytesOf } from "./safetensors-header.ts";
import { writeSafetensors } from "./safetensors-write.ts";
import { defaultLayout, layoutOf, writeWeights } from "./weight-layout.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-layout-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fresh(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

async function sameFiles(a: string, b: string, names: string[]): Promise<void> {
  for (const name of names) expect([name, Buffer.compare(await readFile(join(a, name)), await readFile(join(b, name)))]).toEqual([name, 0]);
}

/** A checkpoint of two shards, its tensors, header and index as Python's transformers wrote them for qwen2_5_vl, at another size. */
const INDEX = `{
  "metadata": {
    "total_parameters": 8,
    "total_size": 32
  },
  "weight_map": {
    "a.bias": "model-00001-of-00002.safetensors",
    "a.weight": "model-00001-of-00002.safetensors",
    "b.weight": "model-00002-of-00002.safetensors"
  }
}
`;

test.each(["llama", "smolvlm", "qwen3", "qwen2_5_vl"])("%s, as Python wrote it, is rewritten byte for byte", async (name) => {
  const from = join("tests/fixtures", name);
  const to = await fresh(name);
  const weights = await readWeights(from);
  await writeWeights(to, layoutOf(weights), (tensor) => weights.read(tensor));
  const names = (await readdir(from)).filter((file) => file.startsWith("model"));
  expect((await readdir(to)).sort()).toEqual(names.sort());
  await sameFiles(from, to, names);
});

// make_fixtures.py saved qwen2_5_vl with max_shard_size 200KB; transformers goes through the names in alphabetical order.
test.each([
  ["llama", undefined],
  ["qwen3", undefined],
  ["qwen2_5_vl", 200e3],
])("%s by default has the files, headers and index that transformers gave it", async (name, maxFileBytes) => {
  const weights = await readWeights(join("tests/fixtures", name));
  const tensors = [...weights.tensors.values()].map(({ name, shape, dtype }) => ({ name, shape, dtype: dtype as "F32" | "BF16" }));
  expect(defaultLayout(tensors, { maxFileBytes })).toEqual(layoutOf(weights));
});

test("shards by default: file names, headers and index as transformers writes them", async () => {
  const to = await fresh("shards");
  const tensors = [
    { name: "a.weight", shape: [2, 2] },
    { name: "a.bias", shape: [2] },
    { name: "b.weight", shape: [2] },
  ];
  const layout = defaultLayout(tensors, { maxFileBytes: 24 }); // 16 + 8 = 24 fit, 8 more do not
  const asked: string[] = [];
  await writeWeights(to, layout, (name) => {
    asked.push(name);
    return new Float32Array(name === "a.weight" ? 4 : 2).fill(asked.length);
  });
  expect(asked).toEqual(["a.bias", "a.weight", "b.weight"]);
  expect((await readdir(to)).sort()).toEqual([
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
  ]);
  expect(await readFile(join(to, "model.safetensors.index.json"), "utf8")).toBe(INDEX);
  const header =
    '{"__metadata__":{"format":"pt"},"a.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]}}';
  const raw = await readFile(join(to, "model-00001-of-00002.safetensors"), "utf8");
  expect(raw.slice(8, 8 + header.length)).toBe(header);
  const weights = await readWeights(to);
  expect([...(await weights.read("a.weight")), ...(await weights.read("b.weight"))]).toEqual([2, 2, 2, 2, 3, 3]);
  expect(layoutOf(weights)).toEqual(layout);
});

test("shards that were read are rewritten byte for byte, an index with other keys and spaces too", async () => {
  const from = await fresh("odd");
  const to = await fresh("odd-copy");
  await writeSafetensors(join(from, "z.safetensors"), new Map([["w", { shape: [1], data: Float32Array.of(3), dtype: "F16" }]]), {
    note: "ü",
  });
  await writeSafetensors(join(from, "y.safetensors"), new Map([["v", { shape: [1], data: Float32Array.of(4) }]]), {});
  await writeFile(
    join(from, "model.safetensors.index.json"),
    '{"weight_map": {"w":"z.safetensors", "v":"y.safetensors"}, "metadata": {"total_size": 6.0, "by": "hand"}}',
  );
  const weights = await readWeights(from);
  expect(layoutOf(weights).files.map(({ name, metadata }) => [name, metadata])).toEqual([
    ["z.safetensors", { note: "ü" }],
    ["y.safetensors", {}],
  ]);
  await writeWeights(to, layoutOf(weights), (name) => weights.read(name));
  await sameFiles(from, to, await readdir(from));
});

test("one file by default, larger types first, then names", () => {
  const { files, index } = defaultLayout([
    { name: "b", shape: [3], dtype: "BF16" },
    { name: "d", shape: [1] },
    { name: "c", shape: [2] },
    { name: "a", shape: [1], dtype: "F16" },
  ]);
  expect(index).toBeNull();
  expect(files.map((file) => file.name)).toEqual(["model.safetensors"]);
  expect(files[0]!.tensors.map((tensor) => tensor.name)).toEqual(["c", "d", "b", "a"]);
  expect(files[0]!.header.length % 8).toBe(0);
});

test("a tensor larger than a file may be has a file of its own", () => {
  const { files } = defaultLayout(
    [1, 9, 1, 1].map((size, i) => ({ name: `t${i}`, shape: [size] })),
    { maxFileBytes: 8 },
  );
  expect(files.map(({ tensors }) => tensors.map(({ name }) => name))).toEqual([["t0"], ["t1"], ["t2", "t3"]]);
});

/** A file in which the order of the header, of the bytes and of the names all differ, with types of all sizes and spaces in the header. */
async function mixed(path: string): Promise<void> {
  const header = `{"int": {"dtype":"I64","shape":[1],"data_offsets":[0,8]},
    "half":{"dtype":"F16","shape":[2,2],"data_offsets":[8,16]}, "empty":{"dtype":"F32","shape":[0],"data_offsets":[19,19]},
    "flag":{"dtype":"BOOL","shape":[3],"data_offsets":[16,19]},"brain":{"dtype":"BF16","shape":[4],"data_offsets":[19,27]}}   `;
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  const half = Buffer.from(Uint16Array.of(0x7c01, 0xfe55, 0x3c00, 0x8001).buffer); // two NaNs with payloads, 1, the smallest negative one
  const brain = Buffer.from(Uint16Array.of(0x7f81, 0xffc5, 0x3f80, 0x0001).buffer);
  await writeFile(
    path,
    Buffer.concat([prefix, Buffer.from(header), Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), half, Buffer.from([1, 0, 1]), brain]),
  );
}

test("an unusual file: NaN payloads, integers and flags as they are, header with spaces, offsets that are no multiples of anything", async () => {
  const from = await fresh("mixed");
  const to = await fresh("mixed-copy");
  await mixed(join(from, "model.safetensors"));
  const weights = await readWeights(from);
  const layout = layoutOf(weights);
  expect(layout.files[0]!.tensors.map(({ name }) => name)).toEqual(["int", "half", "flag", "empty", "brain"]);
  const floats = (name: string) => ["half", "brain", "empty"].includes(name);
  // as another thread gets it
  await writeWeights(to, structuredClone(layout), (name) => (floats(name) ? weights.read(name) : weights.readBytes(name)));
  await sameFiles(from, to, ["model.safetensors"]);
});

test("bits of half tensors; float32 only where narrowing is asked for", async () => {
  const path = join(folder, "halves.safetensors");
  await mixed(path);
  const weights = await readSafetensors(path);
  expect(await weights.readHalf("half")).toEqual({ dtype: "F16", bits: Uint16Array.of(0x7c01, 0xfe55, 0x3c00, 0x8001) });
  expect(await weights.readHalf("brain")).toEqual({ dtype: "BF16", bits: Uint16Array.of(0x7f81, 0xffc5, 0x3f80, 0x0001) });
  await expect(weights.readHalf("int")).rejects.toThrow(/int: expected F16 or BF16, got I64/);
  const single = join(folder, "single.safetensors");
  await writeSafetensors(single, new Map([["x", { shape: [2], data: Float32Array.of(1, 1 + 3 * 2 ** -8) }]]));
  const floats = await readSafetensors(single);
  await expect(floats.readHalf("x")).rejects.toThrow(/x: expected F16 or BF16, got F32/);
  expect(await floats.readHalf("x", { narrow: true })).toEqual({ dtype: "BF16", bits: Uint16Array.of(0x3f80, 0x3f82) });
});

test("a tensor into an array that is there, of several pieces that are read while the one before is in use", async () => {
  const path = join(folder, "into.safetensors");
  const values = Float32Array.from({ length: 2 ** 23 + 5 }, (_, i) => i % 251);
  await writeSafetensors(path, new Map([["x", { shape: [values.length], data: values, dtype: "F16" }]]));
  const weights = await readSafetensors(path);
  const room = new Float32Array(values.length + 2).fill(-1);
  await weights.readInto("x", room.subarray(1, -1), [values.length]);
  expect(Buffer.compare(Buffer.from(room.buffer, 4, values.byteLength), Buffer.from(values.buffer))).toBe(0);
  expect([room[0], room.at(-1)]).toEqual([-1, -1]);
  await expect(weights.readInto("x", room)).rejects.toThrow(/x: room for 8388615 values, the tensor has 8388613/);
  await expect(weights.readInto("x", room, [3])).rejects.toThrow(/expected shape \[3\], got \[8388613\]/);
});

test("a shard's tensor that the index does not place there is left out of the layout and its header", async () => {
  const from = await fresh("unlisted");
  const to = await fresh("unlisted-copy");
  const one = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
  await writeSafetensors(join(from, "one.safetensors"), new Map([["a", one(1)], ["b", one(9)]])); // biome-ignore format: one line
  await writeSafetensors(join(from, "two.safetensors"), new Map([["b", one(2)]]));
  await writeFile(join(from, "model.safetensors.index.json"), '{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}');
  const weights = await readWeights(from);
  await writeWeights(to, layoutOf(weights), (name) => weights.read(name));
  expect([...(await readSafetensors(join(to, "one.safetensors"))).tensors.keys()]).toEqual(["a"]);
  expect([...(await (await readWeights(to)).read("b"))]).toEqual([2]);
});

test("what is read wrong leaves the older file as it was and nothing beside it", async () => {
  const to = await fresh("kept");
  const layout = defaultLayout([{ name: "w", shape: [2] }]);
  await writeWeights(to, layout, () => Float32Array.of(1, 2));
  await expect(writeWeights(to, layout, () => new Float32Array(3))).rejects.toThrow(/w: shape \[2\] has 2 values, the data 3/);
  await expect(writeWeights(to, layout, () => new Uint16Array(2))).rejects.toThrow(/w: F32 of shape \[2\] takes 8 bytes, the data has 4/);
  await expect(writeWeights(to, layout, () => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
  expect(await readdir(to)).toEqual(["model.safetensors"]);
  expect([...(await (await readWeights(to)).read("w"))]).toEqual([1, 2]);
});

test("integers are not written from float32", async () => {
  const layout = {
    files: [{ name: "x", metadata: {}, tensors: [{ name: "i", dtype: "I32" as const, shape: [1] }], header: "{}" }],
    index: null,
  };
  expect(bytesOf(layout.files[0]!.tensors[0]!)).toBe(4);
  await expect(writeWeights(folder, layout, () => new Float32Array(1))).rejects.toThrow(/i: I32 is not written from float32/);
});

test.each([
  [["pytorch_model.bin"], "pytorch_model.bin"],
  [
    ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"],
    "pytorch_model-00001-of-00002.bin, pytorch_model-00002-of-00002.bin",
  ],
  [["model.PT"], "model.PT"],
  [["a.ckpt", "b.pth", "c.bin", "d.bin", "e.bin"], "a.ckpt, b.pth, c.bin and 2 more"],
])("pickled weights are refused with the reason and the cure: %s", async (names, shown) => {
  const path = await mkdtemp(join(folder, "pickle-"));
  for (const name of [...names, "config.json"]) await writeFile(join(path, name), "");
  const failure = readWeights(path);
  await expect(failure).rejects.toBeInstanceOf(CheckpointError);
  await expect(failure).rejects.toThrow(`the weights are pickled (${shown}): a pickle can run code when it is opened, so it never is`);
  await expect(failure).rejects.toThrow(/safe_serialization=True/);
});

test("a pickle beside safetensors weights is no hindrance", async () => {
  const path = await fresh("beside");
  await copyFile("tests/fixtures/llama/model.safetensors", join(path, "model.safetensors"));
  await writeFile(join(path, "training_args.bin"), "");
  expect((await readWeights(path)).tensors.size).toBeGreaterThan(0);
});
