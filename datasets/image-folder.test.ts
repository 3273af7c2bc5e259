import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DataError } from "../core/errors.ts";
import type { Picture } from "../core/types.ts";
import { ImageFolderOptions, imageFolder } from "./image-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "vlrl-images-"));
const cats = join(folder, "cats");

beforeAll(async () => {
  mkdirSync(join(cats, "more"), { recursive: true });
  const pixel = sharp(Buffer.from([1, 2, 3]), { raw: { width: 1, height: 1, channels: 3 } }).png();
  await pixel.clone().toFile(join(cats, "a.png"));
  await pixel.clone().toFile(join(cats, "more", "b.png"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const open = (...rows: unknown[]) => {
  writeFileSync(join(cats, "metadata.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  return imageFolder.open(ImageFolderOptions.parse({ path: "cats", shuffle: false }), { folder, seed: 0 });
};

test("rows of metadata.jsonl get the picture that they name", async () => {
  const dataset = await open({ file_name: "a.png", question: "one?", answer: "1" }, { file_name: "more/b.png", id: "b" });
  expect(dataset.size).toBe(2);
  const first = await dataset.at(0);
  expect(first.id).toBe("metadata.jsonl:1");
  expect(first.fields).toMatchObject({ file_name: "a.png", question: "one?", answer: "1" });
  expect(first.fields.image).toEqual({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) });
  expect(((await dataset.at(1)).fields.image as Picture).data).toEqual(Uint8Array.of(1, 2, 3));
});

test("a row without file_name is refused with the nearest column", async () => {
  const opening = open({ filename: "a.png" });
  await expect(opening).rejects.toThrow(DataError);
  await expect(opening).rejects.toThrow("metadata.jsonl:1: file_name: missing\n  Did you mean filename?");
});

test("a picture that is not there is an error of its row", async () => {
  const dataset = await open({ file_name: "aa.png" });
  await expect(dataset.at(0)).rejects.toThrow(/metadata\.jsonl:1: file_name: no file .*aa\.png\n {2}Did you mean a\.png\?/);
});

test("a folder without metadata.jsonl, and no folder at all", async () => {
  const at = (path: string) => imageFolder.open(ImageFolderOptions.parse({ path }), { folder, seed: 0 });
  await expect(at("cats/more")).rejects.toThrow(/metadata\.jsonl: no such file\n {2}The folder .*more holds b\.png\./);
  await expect(at("dogs")).rejects.toThrow(/The folder .*dogs does not exist either/);
});
