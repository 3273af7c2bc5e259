import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataError } from "../core/errors.ts";
import { Random } from "../core/random.ts";
import type { Picture } from "../core/types.ts";
import { JsonlOptions, jsonl } from "./jsonl.ts";

const folder = mkdtempSync(join(tmpdir(), "vlrl-jsonl-"));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  // 2x1: red, then blue
  const pixels = Buffer.from([255, 0, 0, 0, 0, 255]);
  await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .png()
    .toFile(at("pair.png"));
  await sharp(Buffer.from([0, 0, 0, 0]), { raw: { width: 1, height: 1, channels: 4 } })
    .png()
    .toFile(at("clear.png"));
  await sharp(Buffer.from([90]), { raw: { width: 1, height: 1, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(at("grey.png"));
  // EXIF orientation 6: to be shown turned a quarter clockwise
  await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(at("turned.png"));
  const random = Random.of(0);
  const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, () => random.integer(0, 255)));
  for (const format of ["jpeg", "png", "webp"] as const) {
    const { size } = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toFile(at(`cut.${format}`));
    truncateSync(at(`cut.${format}`), size >> 1);
  }
  writeFileSync(at("empty.png"), "");
  writeFileSync(at("words.png"), "this is no picture");
  mkdirSync(at("folder.png"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, ...lines: unknown[]): string {
  writeFileSync(at(name), lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  return name;
}

const open = (options: { path: string } & Partial<JsonlOptions>, seed = 0) => jsonl.open(JsonlOptions.parse(options), { folder, seed });

async function dataError(action: Promise<unknown>): Promise<DataError> {
  const error = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw new Error(`expected a DataError, got ${error}`);
  return error;
}

describe("rows", () => {
  test("keep their fields and ids, or are numbered by line; blank lines are passed over", async () => {
    const path = write("plain.jsonl", { id: "a", question: "é?" }, "", { question: "two" }, "  \r", { id: 7, question: "three" });
    const dataset = await open({ path, shuffle: false });
    expect(dataset.size).toBe(3);
    expect(await dataset.at(0)).toEqual({ id: "a", fields: { id: "a", question: "é?" } });
    expect(await dataset.at(1)).toEqual({ id: "plain.jsonl:3", fields: { question: "two" } });
    expect((await dataset.at(2)).id).toBe("7");
    expect((await dataset.at(3)).id).toBe("a");
  });

  test("windows line ends, a byte order mark and a missing last line feed are fine", async () => {
    writeFileSync(at("windows.jsonl"), '\ufeff{"a": 1}\r\n{"a": 2}');
    const dataset = await open({ path: "windows.jsonl", shuffle: false });
    expect([(await dataset.at(0)).fields, (await dataset.at(1)).fields]).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test("come in another order every epoch, each once, and the same for the same seed", async () => {
    const path = write("many.jsonl", ...Array.from({ length: 50 }, (_, n) => ({ n })));
    const order = async (seed: number, epoch: number) => {
      const dataset = await open({ path }, seed);
      return Promise.all(Array.from({ length: 50 }, async (_, i) => (await dataset.at(50 * epoch + i)).fields.n as number));
    };
    const [first, second] = [await order(0, 0), await order(0, 1)];
    for (const rows of [first, second]) {
      expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    }
    expect(second).not.toEqual(first);
    expect(await order(0, 0)).toEqual(first);
    expect(await order(1, 0)).not.toEqual(first);
  });

  test("are cut to the number asked for, from the top, and not read beyond", async () => {
    const path = write("cut.jsonl", { n: 0 }, { n: 1 }, "broken");
    const dataset = await open({ path, rows: 2 });
    expect(dataset.size).toBe(2);
    expect(new Set([(await dataset.at(0)).fields.n, (await dataset.at(1)).fields.n])).toEqual(new Set([0, 1]));
  });
});

describe("pictures", () => {
  const load = async (image: string) => {
    const dataset = await open({ path: write("one.jsonl", { image }) });
    return (await dataset.at(0)).fields.image as Picture;
  };

  test("are decoded to RGB from a path relative to the file, or an absolute one", async () => {
    const expected = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
    expect(await load("pair.png")).toEqual(expected);
    expect(await load(at("pair.png"))).toEqual(expected);
  });

  test("are white where they are clear, three channels where they are grey, and upright", async () => {
    expect((await load("clear.png")).data).toEqual(Uint8Array.of(255, 255, 255));
    expect((await load("grey.png")).data).toEqual(Uint8Array.of(90, 90, 90));
    expect(await load("turned.png")).toEqual({ width: 1, height: 2, data: Uint8Array.of(255, 0, 0, 0, 0, 255) });
  });

  test("may be named in another column, which stays", async () => {
    const dataset = await open({ path: write("other.jsonl", { photo: "pair.png" }), image_field: "photo" });
    const { fields } = await dataset.at(0);
    expect(fields.photo).toBe("pair.png");
    expect((fields.image as Picture).width).toBe(2);
  });

  test.each([
    ["no file of that name", "pairs.png", /pairs\.png/, "Did you mean pair.png?"],
    ["no folder of that name", "x/pair.png", /no file .*pair\.png/, /The folder .*x does not exist either/],
    ["zero bytes", "empty.png", /empty\.png is empty \(0 bytes\)/, "Copy the picture again, or remove the row."],
    ["no picture", "words.png", /words\.png is not a picture/, /JPEG, PNG/],
    ["a folder", "folder.png", /folder\.png is a folder/, "Name the picture in it."],
    ["half a JPEG", "cut.jpeg", /cut\.jpeg is damaged or cut short/, "Copy the picture again, or remove the row."],
    ["half a PNG", "cut.png", /cut\.png is damaged or cut short/, "Copy the picture again, or remove the row."],
    ["half a WebP", "cut.webp", /cut\.webp is (damaged or cut short|not a picture)/, /./],
  ])("%s is an error of the row's own", async (_, image, message, cure) => {
    const dataset = await open({ path: write("bad.jsonl", "", { id: "cat-7", image }) });
    const [problem] = (await dataError(dataset.at(0))).problems;
    expect(problem).toMatchObject({ place: { file: at("bad.jsonl"), line: 2 }, field: "cat-7: image" });
    expect(problem!.message).toMatch(message);
    expect(problem!.cure).toMatch(cure);
  });
});

describe("refuses", () => {
  test("a missing file, and names the nearest", async () => {
    write("dogs.jsonl", { a: 1 });
    const error = await dataError(open({ path: "dog.jsonl" }));
    expect(error.message).toBe(`${at("dog.jsonl")}: no such file\n  Did you mean dogs.jsonl?`);
  });

  test.each([
    ["no bytes", ""],
    ["blank lines", "\n \n"],
  ])("an empty file: %s", async (_, content) => {
    writeFileSync(at("none.jsonl"), content);
    expect((await dataError(open({ path: "none.jsonl" }))).message).toBe(
      `${at("none.jsonl")}: has no rows\n  Write one JSON object a line.`,
    );
  });

  test("fewer rows than are asked for", async () => {
    const path = write("few.jsonl", { a: 1 });
    expect((await dataError(open({ path, rows: 3 }))).message).toBe(
      `${at("few.jsonl")}: rows: the file has 1, but 3 are asked for\n  Set rows to 1 or less, or to null for all.`,
    );
  });

  test("a folder in the file's place", async () => {
    expect((await dataError(open({ path: "folder.png" }))).message).toMatch("is a folder, expected a JSONL file");
  });

  test.each<[unknown, Partial<JsonlOptions>, number | undefined, string | undefined, string]>([
    ['{"a": 1,}', {}, 9, undefined, 'broken JSON: unexpected "}"'],
    ['{"a": "open}', {}, 7, undefined, 'broken JSON: unexpected "\\""'],
    ['{"a": 1', {}, 8, undefined, "broken JSON: the line ends too early"],
    ["[1, 2]", {}, undefined, undefined, "expected an object, got a list"],
    ["null", {}, undefined, undefined, "expected an object, got null"],
    ['"text"', {}, undefined, undefined, "expected an object, got text"],
    [{ id: true }, {}, undefined, "id", "expected text or a number, got a boolean"],
    [{ id: "first" }, {}, undefined, "id", '"first" is the id of line 1 already'],
    [{ id: "x", image: 3 }, {}, undefined, "x: image", "expected the path of a picture, got a number"],
    [{ image: null }, {}, undefined, "image", "expected the path of a picture, got null"],
    [{ image: "" }, {}, undefined, "image", "expected the path of a picture, got empty text"],
  ])("the row %j with file, line and field", async (row, options, column, field, message) => {
    const path = write("rows.jsonl", { id: "first" }, "", row);
    const { problems } = await dataError(open({ path, ...options }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      place: { file: at("rows.jsonl"), line: 3, ...(column === undefined ? {} : { column }) },
      field,
      message,
    });
    expect(problems[0]!.cure).toBeTruthy();
  });

  test("a picture column that is missing, or would replace another", async () => {
    const [missing] = (await dataError(open({ path: write("m.jsonl", { photos: "pair.png" }), image_field: "photo" }))).problems;
    expect(missing).toMatchObject({ field: "photo", message: "missing", cure: "Did you mean photos?" });
    const [both] = (await dataError(open({ path: write("b.jsonl", { photo: "pair.png", image: 1 }), image_field: "photo" }))).problems;
    expect(both!.message).toBe("the picture would replace the row's own image column");
  });

  test("bytes that are not UTF-8", async () => {
    writeFileSync(at("latin.jsonl"), Buffer.from([0x22, 0xe9, 0x22]));
    expect((await dataError(open({ path: "latin.jsonl" }))).message).toMatch("latin.jsonl:1: is not UTF-8 text");
  });

  test("everything at once, up to twenty problems", async () => {
    const path = write("all.jsonl", "{", "[]", { a: 1 }, "}");
    expect((await dataError(open({ path }))).problems.map(({ place }) => place.line)).toEqual([1, 2, 4]);
    const many = write("twenty.jsonl", ...Array.from({ length: 50 }, () => "{"));
    expect((await dataError(open({ path: many }))).problems).toHaveLength(20);
  });

  test("a file that was cut after it was opened", async () => {
    const path = write("shrunk.jsonl", { question: "long enough" });
    const dataset = await open({ path });
    truncateSync(at(path), 5);
    expect((await dataError(dataset.at(0))).message).toMatch("shrunk.jsonl:1:2: broken JSON");
  });
});
