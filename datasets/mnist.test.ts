import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { DataError } from "../core/errors.ts";
import { mnistScans, openScans } from "./mnist.ts";

const folder = mkdtempSync(join(tmpdir(), "vlrl-mnist-"));
afterAll(() => rmSync(folder, { recursive: true }));

function words(...values: number[]): Buffer {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    out.writeUInt32BE(value, 4 * i);
  });
  return out;
}

/** Two scans, all 1 and all 2, labelled 7 and 9; parts can be replaced. */
function pair(parts: { images?: Buffer; labels?: Buffer } = {}): [string, string] {
  const [images, labels] = [join(folder, "images"), join(folder, "labels")];
  writeFileSync(images, parts.images ?? Buffer.concat([words(0x803, 2, 28, 28), Buffer.alloc(784, 1), Buffer.alloc(784, 2)]));
  writeFileSync(labels, parts.labels ?? Buffer.concat([words(0x801, 2), Buffer.from([7, 9])]));
  return [images, labels];
}

test("reads the scan that is asked for", () => {
  const scans = openScans(...pair());
  expect(scans.count).toBe(2);
  expect([scans.label(0), scans.label(1)]).toEqual([7, 9]);
  expect(scans.pixels(1)).toEqual(new Uint8Array(784).fill(2));
  expect(() => scans.pixels(2)).toThrow(RangeError);
  expect(() => scans.label(-1)).toThrow(RangeError);
});

const body = Buffer.alloc(2 * 784);
test.each([
  ["pictures in the labels' place", { labels: Buffer.concat([words(0x803, 2), Buffer.from([7, 9])]) }, "is not an IDX file of labels"],
  ["an empty labels file", { labels: Buffer.alloc(0) }, "is not an IDX file of labels"],
  ["a label short", { labels: Buffer.concat([words(0x801, 2), Buffer.from([7])]) }, "expected 2 labels, found 1"],
  ["a label of 10", { labels: Buffer.concat([words(0x801, 2), Buffer.from([7, 10])]) }, "label 1 is 10, expected 0 to 9"],
  ["another magic number", { images: Buffer.concat([words(0x801, 2, 28, 28), body]) }, "is not an IDX file of pictures"],
  ["an empty pictures file", { images: Buffer.alloc(0) }, "is not an IDX file of pictures"],
  ["other sides", { images: Buffer.concat([words(0x803, 2, 32, 28), body]) }, "found 32x28"],
  ["a scan more than labels", { images: Buffer.concat([words(0x803, 3, 28, 28), body]) }, "holds 3 scans, but there are 2 labels"],
  ["a byte short", { images: Buffer.concat([words(0x803, 2, 28, 28), body.subarray(1)]) }, "expected 1584 bytes for 2 scans, found 1583"],
])("refuses %s", (_, parts, message) => {
  const files = pair(parts);
  expect(() => openScans(...files)).toThrow(DataError);
  expect(() => openScans(...files)).toThrow(message);
});

describe("the package's own files", () => {
  const [train, held] = [mnistScans("train"), mnistScans("test")];

  test("are 60,000 and 10,000 scans, opened once", () => {
    expect([train.count, held.count]).toEqual([60000, 10000]);
    expect(mnistScans("train")).toBe(train);
  });

  // the first labels of the two sets, as the MNIST page's files have them
  test("begin with the published labels", () => {
    expect([0, 1, 2, 3, 4].map(train.label)).toEqual([5, 0, 4, 1, 9]);
    expect([0, 1, 2, 3, 4].map(held.label)).toEqual([7, 2, 1, 0, 4]);
  });

  test("share no scan", () => {
    const key = (pixels: Uint8Array) => Buffer.from(pixels).toString("latin1");
    const heldOut = new Set(Array.from({ length: held.count }, (_, i) => key(held.pixels(i))));
    expect(heldOut.size).toBe(10000);
    let shared = 0;
    for (let i = 0; i < train.count; i++) if (heldOut.has(key(train.pixels(i)))) shared++;
    expect(shared).toBe(0);
  });
});
