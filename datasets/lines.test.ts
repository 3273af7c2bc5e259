import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { eachLine, readBytes } from "./lines.ts";

const folder = mkdtempSync(join(tmpdir(), "vlrl-lines-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "text");

async function read(content: string, limit = Infinity): Promise<[number, number, string][]> {
  writeFileSync(file, content);
  const lines: [number, number, string][] = [];
  await eachLine(file, ({ start, number, bytes }) => lines.push([start, number, Buffer.from(bytes).toString()]) < limit);
  return lines;
}

test("shows lines with their offsets in bytes", async () => {
  // "é" is two bytes
  expect(await read("é\n\nab")).toEqual([
    [0, 1, "é"],
    [3, 2, ""],
    [4, 3, "ab"],
  ]);
  expect(await read("a\n")).toEqual([[0, 1, "a"]]);
  expect(await read("")).toEqual([]);
});

test("stops when told to", async () => {
  expect(await read("a\nb\nc\n", 2)).toHaveLength(2);
});

test("leaves a byte order mark out of the first line, and out of its offset", async () => {
  expect(await read("\ufeffa\nb")).toEqual([
    [3, 1, "a"],
    [5, 2, "b"],
  ]);
});

test("joins lines that span chunks of 1 MiB", async () => {
  const [first, second] = ["x".repeat(2_500_000), "y".repeat(1 << 20)];
  const lines = await read(`${first}\n${second}\nz`);
  expect(lines.map(([start, number, text]) => [start, number, text.length])).toEqual([
    [0, 1, 2_500_000],
    [2_500_001, 2, 1_048_576],
    [3_548_578, 3, 1],
  ]);
  expect(Buffer.from(await readBytes(file, 2_499_999, 3)).toString()).toBe("x\ny");
  expect(Buffer.from(await readBytes(file, 3_548_578, 9)).toString()).toBe("z");
});
