import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DataError } from "../core/errors.ts";
import { readParquet } from "./parquet-rows.ts";

const SUMS = fileURLToPath(new URL("../tests/fixtures/parquet/sums.parquet", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-parquet-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("rows with their columns, 64-bit numbers as numbers, nulls left out", async () => {
  const rows = await readParquet(SUMS, null);
  expect(rows.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(rows[0]!.fields).toEqual({
    id: "a",
    question: "What is 9 + 6?",
    answer: "15",
    completion: "<answer>15</answer>",
    tokens: 3,
    weight: 0.5,
  });
  expect(rows[2]!.fields).not.toHaveProperty("completion");
});

test("only so many from the top", async () => {
  expect((await readParquet(SUMS, 2)).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(await readParquet(SUMS, 99)).toHaveLength(3);
});

test("a missing, a foreign and a damaged file are the reader's mistakes", async () => {
  await expect(readParquet(join(folder, "none.parquet"), null)).rejects.toThrow("no such file");
  const foreign = join(folder, "foreign.parquet");
  await writeFile(foreign, "this is no Parquet file at all, as anyone can see");
  await expect(readParquet(foreign, null)).rejects.toThrow(DataError);
  const bytes = await readFile(SUMS);
  const cut = join(folder, "cut.parquet");
  await writeFile(cut, bytes.subarray(0, bytes.length - 40));
  await expect(readParquet(cut, null)).rejects.toThrow("can't be read as Parquet");
});
