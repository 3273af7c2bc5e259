import { z } from "zod";
import { Random } from "../core/random.ts";
import type { Example, Picture } from "../core/types.ts";
import { defineDataset } from "./define.ts";
import { type Glyph, scaleGlyph, trimGlyph } from "./glyph.ts";
import { type MnistSplit, mnistScans, SCAN_SIDE, type Scans } from "./mnist.ts";
import { type Box, gridCell, scatter, scatterInGrid } from "./place.ts";

/** Seed of the test split where the recipe gives none, so that every run is judged on the same pictures. */
const TEST_SEED = 20;
const QUESTION = "What is the sum of the digits?";

export const DigitSumOptions = z
  .strictObject({
    split: z.enum(["train", "test"]).default("train").describe("which of MNIST's two sets the scans come from"),
    rows: z.int().min(1).nullable().default(null).describe("examples before the stream repeats; null never repeats"),
    seed: z.int().nullable().default(null).describe("null: the run's seed for train, one fixed seed for test"),
    canvas: z.int().min(8).max(1024).default(32).describe("side of the square picture, pixels"),
    min_size: z.int().min(6).default(12).describe("longer side of a digit's box at least, before faint edges are trimmed, pixels"),
    max_size: z.int().min(6).default(16).describe("longer side of a digit's box at most, pixels"),
    min_digits: z.int().min(2).max(9).default(2),
    max_digits: z.int().min(2).max(9).default(3),
    overlook: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        "share of pictures of more than two digits whose trace overlooks the last one, as a hasty annotator would; answers stay right",
      ),
    noise: z.number().min(0).max(1).default(0).describe("brightest background pixel, as a share of full ink"),
  })
  .refine((o) => o.min_size <= o.max_size, { path: ["max_size"], error: "expected min_size or more" })
  .refine((o) => o.min_digits <= o.max_digits, { path: ["max_digits"], error: "expected min_digits or more" })
  .refine((o) => o.max_size <= o.canvas, { path: ["max_size"], error: "expected no more than canvas" })
  .refine((o) => gridCell(o.max_digits, o.canvas).width >= o.min_size, {
    path: ["canvas"],
    error: "too small to hold max_digits digits of min_size pixels side by side",
  });
export type DigitSumOptions = z.infer<typeof DigitSumOptions>;

/** A digit of a picture and the box that is tight around its ink. */
export interface LabelledDigit {
  digit: number;
  box: Box;
}

/**
 * Handwritten digits at random places and sizes on a black square; the question asks for their sum.
 *
 * Fields: `image` (Picture), `question`, `answer` ("15"), `digits` ([{ digit, box }], left to right and then top down; pixels), and
 * `trace`, a response that names each digit with its box, adds step by step and answers, and `readings`, the digits alone. With
 * `overlook` some traces miss a digit, as cold-start data often do; `answer` and `digits` are the truth in any case.
 * An example depends on the seed, the split, its index and the options alone. Scans of the two splits are different people's hands.
 */
export const digitSum = defineDataset({
  name: "digit_sum",
  options: DigitSumOptions,
  async open(options, context) {
    const seed = options.seed ?? (options.split === "test" ? TEST_SEED : context.seed);
    const scans = mnistScans(options.split);
    const size = options.rows ?? Infinity;
    return {
      size,
      async at(index) {
        if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`no example ${index}`);
        return makeExample(scans, options, seed, options.rows === null ? index : index % options.rows);
      },
    };
  },
});

function makeExample(scans: Scans, options: DigitSumOptions, seed: number, index: number): Example {
  const random = Random.of(seed, "digit_sum", options.split, index);
  const count = random.integer(options.min_digits, options.max_digits);
  const drawn = Array.from({ length: count }, () => drawDigit(scans, options, random));
  const boxes = place(drawn, options.canvas, random);
  const digits = drawn.map(({ digit }, k) => ({ digit, box: boxes[k]! })).sort((a, b) => a.box[0] - b.box[0] || a.box[1] - b.box[1]);
  const image = paint(drawn, boxes, options, random);
  const hasty = digits.length > 2 && Random.of(seed, "digit_sum", options.split, index, "overlook").uniform() < options.overlook;
  const answer = `${digits.reduce((sum, { digit }) => sum + digit, 0)}`;
  return {
    id: exampleId(options.split, index),
    fields: {
      image,
      question: QUESTION,
      answer,
      digits,
      readings: digitReadings(digits),
      trace: digitTrace(hasty ? digits.slice(0, -1) : digits),
    },
  };
}

function exampleId(split: MnistSplit, index: number): string {
  return `digit_sum/${split}/${`${index}`.padStart(6, "0")}`;
}

interface DrawnDigit {
  digit: number;
  /** longer side that was asked for */
  size: number;
  /** the scan's ink at its own size, and scaled */
  ink: Glyph;
  glyph: Glyph;
}

function drawDigit(scans: Scans, { min_size, max_size }: DigitSumOptions, random: Random): DrawnDigit {
  const scan = random.integer(0, scans.count - 1);
  const size = random.integer(min_size, max_size);
  const ink = trimGlyph({ width: SCAN_SIDE, height: SCAN_SIDE, data: scans.pixels(scan) });
  return { digit: scans.label(scan), size, ink, glyph: scaleGlyph(ink, size) };
}

/** A box for each digit. Where chance finds no room, digits that exceed a grid's cell are scaled down to it first, never below min_size. */
function place(drawn: DrawnDigit[], canvas: number, random: Random): Box[] {
  const extents = () => drawn.map(({ glyph }) => glyph);
  const boxes = scatter(extents(), canvas, random);
  if (boxes !== null) return boxes;
  const cell = gridCell(drawn.length, canvas);
  for (const one of drawn) {
    while (one.glyph.width > cell.width || one.glyph.height > cell.height) one.glyph = scaleGlyph(one.ink, --one.size);
  }
  return scatterInGrid(extents(), canvas, random);
}

function paint(drawn: DrawnDigit[], boxes: Box[], { canvas, noise }: DigitSumOptions, random: Random): Picture {
  const grey = new Uint8Array(canvas * canvas);
  if (noise > 0) for (let i = 0; i < grey.length; i++) grey[i] = Math.round(random.uniform() * noise * 255);
  drawn.forEach(({ glyph }, k) => {
    const [left, top] = boxes[k]!;
    for (let y = 0; y < glyph.height; y++) {
      for (let x = 0; x < glyph.width; x++) {
        const at = (top + y) * canvas + left + x;
        grey[at] = Math.max(grey[at]!, glyph.data[y * glyph.width + x]!);
      }
    }
  });
  const data = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) data[3 * i] = data[3 * i + 1] = data[3 * i + 2] = grey[i]!;
  return { width: canvas, height: canvas, data };
}

/** `<think>3<box>4,10,16,22</box>7<box>18,2,30,14</box>3+7=10</think><answer>10</answer>`; more partial sums follow a semicolon. */
export function digitTrace(digits: readonly LabelledDigit[]): string {
  const readings = digits.map(({ digit, box }) => `${digit}<box>${box.join(",")}</box>`);
  const sums: string[] = [];
  let total = digits[0]?.digit ?? 0;
  for (const { digit } of digits.slice(1)) {
    sums.push(`${total}+${digit}=${total + digit}`);
    total += digit;
  }
  return `<think>${readings.join("")}${sums.join(";")}</think><answer>${total}</answer>`;
}

/** The digits alone, one a line: a shorter lesson to learn reading from. */
export function digitReadings(digits: readonly LabelledDigit[]): string {
  return digits.map(({ digit }) => digit).join("\n");
}
