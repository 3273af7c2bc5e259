import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newFolder } from "./new-folder.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-new-folder-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a disk that is full while the folder is filled: nothing is left, and --out is what to change", async () => {
  const full = () => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
  const failure = newFolder(join(folder, "merged"), full, 5_000_000);
  await expect(failure).rejects.toThrow(`no space left on ${folder}: needs about 5.0 MB`);
  await expect(failure).rejects.toThrow(/Free some space there, or give another place with --out\.$/);
  expect(await readdir(folder)).toEqual([]);
});
