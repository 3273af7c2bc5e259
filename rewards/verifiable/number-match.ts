import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastQuantity, parseQuantity, type Quantity } from "../math/quantity.ts";
import { extract, extractOption } from "../text/extract.ts";
import { normalise, SQUAD } from "../text/normalise.ts";

const LOOSE = { ...SQUAD, ignore_articles: false, ignore_punctuation: false };

const Target = z.union([z.number(), z.string().regex(/\S/, "expected text that is not blank").max(200)]);

/**
 * Whether the answer is the target's number, within a tolerance: `1,234`, `$5`, `12 %`, `1.5e3`, `3/4`, `1 3/4`, `2 km`.
 *
 * With a = the answer, g = the target: right where |a - g| <= absolute, or |a - g| / (|g| + floor) <= relative. With `near_zero`, a
 * target below that number in size is compared by |a - g| <= near_zero alone. With `years`, whole numbers from 1000 to 3000 must be equal.
 * A percent sign divides by 100 where the other side has none (`50 %` is 0.5), or by nothing where `percent` is `as_written`.
 * Units: `optional` compares two units, converted where the table knows them, and leaves out one that stands alone; `required`
 * wants it on both sides or neither; `ignore` reads numbers only. `text: true` compares targets that are no number as text, case
 * and white space aside; else such a target is refused.
 * Returns 1 or 0; 0 for a blank, two numbers, NaN, and a number in a sentence unless `find: last`.
 * Source: relaxed accuracy of ChartQA (arXiv:2203.10244): `relative: 0.05, text: true`; the chart and measure verifiers of
 * GLM-4.1V-Thinking (arXiv:2507.01006): `relative: 0.025, floor: 1e-6, years: true` and `relative: 0.9, floor: 0.9, near_zero: 0.9`.
 */
export const numberMatch = defineReward({
  name: "number",
  target: Target,
  field: "answer",
  options: z.strictObject({
    extract: extractOption(),
    find: z.enum(["whole", "last"]).default("whole").describe("whole: the answer is the number; last: the last number in it"),
    absolute: z.number().min(0).default(0).describe("how far off an answer may be, in units of the target"),
    relative: z.number().min(0).default(0).describe("as a share of the target"),
    floor: z.number().min(0).default(0).describe("added to the target's size before dividing"),
    near_zero: z.number().min(0).default(0).describe("a target smaller than this in size is compared by this absolute tolerance alone"),
    years: z.boolean().default(false).describe("whole numbers from 1000 to 3000 must be equal"),
    percent: z
      .enum(["fraction", "as_written"])
      .default("fraction")
      .describe("fraction: 50 % is 0.5 where the other side has no sign; as_written: it is 50"),
    units: z
      .enum(["optional", "required", "ignore"])
      .default("optional")
      .describe("optional: one that only one side has is left out; required: both sides or neither; ignore: numbers alone"),
    text: z.boolean().default(false).describe("compare targets that are no number as text, in place of refusing them"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>50 %</answer>", target: "0.5", score: 1 },
    { completion: "<answer>104</answer>", target: 100, score: 0 },
    { completion: "<answer>104</answer>", target: 100, options: { relative: 0.05 }, score: 1 },
  ],
  score({ completion, target, options }) {
    const gold = typeof target === "number" ? plain(target) : parseQuantity(target);
    const text = extract(completion, options.extract);
    if (gold === null && !options.text) throw new Error(`the target ${JSON.stringify(target)} is no number, and text is off`);
    if (text === null) return 0;
    if (gold === null) return normalise(text, LOOSE) === normalise(String(target), LOOSE) && text.trim() !== "" ? 1 : 0;
    const given = options.find === "last" ? lastQuantity(text) : parseQuantity(text);
    if (given === null) return 0;
    const pair = comparable(gold, given, options);
    return pair !== null && within(pair, options) ? 1 : 0;
  },
});

function plain(value: number): Quantity {
  return { value, percent: false, unitText: "", unit: null };
}

interface Comparison {
  percent: "fraction" | "as_written";
  units: "optional" | "required" | "ignore";
}

/** The two numbers in one unit; null where their units can't be compared. */
export function comparable(gold: Quantity, given: Quantity, { percent, units }: Comparison): [g: number, a: number] | null {
  let [g, a] = [gold.value, given.value];
  if (percent === "fraction" && gold.percent !== given.percent) {
    if (gold.percent) g /= 100;
    else a /= 100;
  }
  if (units === "ignore") return [g, a];
  if (gold.unitText === "" || given.unitText === "") {
    return gold.unitText === given.unitText || units === "optional" ? [g, a] : null;
  }
  if (gold.unit === null || given.unit === null) {
    return normalise(gold.unitText, LOOSE) === normalise(given.unitText, LOOSE) ? [g, a] : null;
  }
  if (gold.unit.dimension !== given.unit.dimension) return null;
  return gold.unit.factor === given.unit.factor ? [g, a] : [g, (a * given.unit.factor) / gold.unit.factor];
}

interface Tolerance {
  absolute: number;
  relative: number;
  floor: number;
  near_zero: number;
  years: boolean;
}

/** What doubles lose in a decimal or in a conversion: `|0.3 - 0.1| <= 0.2` must hold. */
const ROUNDING = 1e-12;

export function within([g, a]: [g: number, a: number], { absolute, relative, floor, near_zero, years }: Tolerance): boolean {
  if (a === g) return true;
  if (years && [a, g].every((one) => Number.isInteger(one) && one >= 1000 && one <= 3000)) return false;
  const off = Math.abs(a - g);
  const slack = ROUNDING * Math.max(Math.abs(a), Math.abs(g));
  if (Math.abs(g) < near_zero) return off <= near_zero + slack;
  return off <= absolute + slack || off <= relative * (Math.abs(g) + floor) + slack;
}
