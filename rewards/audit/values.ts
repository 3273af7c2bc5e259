import { plainNumber } from "../parse.ts";

const OPTIONS = ["A", "B", "C", "D"];
const OPPOSITES = [
  ["yes", "no"],
  ["true", "false"],
] as const;

/** Ways to write a target that some reward reads; empty for nothing, and for what has no text. */
export function spellings(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (typeof value === "number") return [String(value)];
  if (typeof value === "boolean") return value ? ["true", "yes"] : ["false", "no"];
  if (isNumbers(value, 4)) return boxSpellings([value]);
  if (isNumbers(value, 2)) return pairSpellings(value);
  if (Array.isArray(value)) return unique([...listSpellings(value), JSON.stringify(value)]);
  if (isPlain(value)) return unique([written(value), JSON.stringify(value)]);
  return [];
}

/** Answers of the same kind that are wrong, and hold no trace of the right one: at least two. `others` are other rows' values, `spelling` how it is written. */
export function wrongAnswers(value: unknown, others: readonly unknown[], spelling = 0): string[] {
  const right = spellings(value)[0] ?? "";
  const number = plainNumber(right);
  if (number !== null) return farNumbers(number);
  if (isNumbers(value, 4))
    return [
      [0, 0, 1, 1],
      [1, 0, 2, 1],
    ].map((box) => boxSpellings([box])[spelling]!);
  const opposite = OPPOSITES.find((pair) => pair.some((word) => word === right.toLowerCase()));
  if (opposite !== undefined) return [opposite.find((word) => word !== right.toLowerCase())!, "perhaps"];
  if (/^[A-Za-z]$/.test(right)) return OPTIONS.filter((letter) => letter !== right.toUpperCase());
  const texts = others.flatMap((other) => spellings(other).slice(spelling, spelling + 1)).filter((text) => !sameAnswer(text, right));
  return unique([...texts.slice(0, 2), "nothing of the kind", "none of these"]);
}

/** Whole numbers far from the given one, in which its digits don't stand. */
function farNumbers(number: string): string[] {
  const start = Math.round(Number(number)) + 1000;
  const texts = Array.from({ length: 60 }, (_, i) => String(start + 137 * (i + 1)));
  return texts.filter((text) => !text.includes(number.replace("-", ""))).slice(0, 3);
}

/** Equal as plain numbers, or as texts without regard to case and spaces at the ends. */
export function sameAnswer(a: string, b: string): boolean {
  const [x, y] = [plainNumber(a), plainNumber(b)];
  return x !== null || y !== null ? x === y : a.trim().toLowerCase() === b.trim().toLowerCase();
}

export function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((item) => typeof item === "number");
}

/** Boxes as several models write them, in the convention that the row has. */
export function boxSpellings(boxes: readonly (readonly number[])[]): string[] {
  const each = (write: (box: readonly number[]) => string, between = "") => boxes.map(write).join(between);
  const json = boxes.map((box) => `{"bbox_2d": [${box.join(", ")}]}`);
  return [
    each((box) => `<box>${box.join(",")}</box>`),
    boxes.length === 1 ? json[0]! : `[${json.join(", ")}]`,
    each((box) => `[${box.join(", ")}]`, ", "),
    each(([x1, y1, x2, y2]) => `(${x1},${y1}),(${x2},${y2})`, " "),
  ];
}

function pairSpellings([a, b]: number[]): string[] {
  return [`(${a}, ${b})`, `<point>${a},${b}</point>`, `{"point_2d": [${a}, ${b}]}`, `${a} to ${b}`, `[${a}, ${b}]`];
}

function listSpellings(list: unknown[]): string[] {
  if (list.length > 0 && list.every((item) => isNumbers(item, 4))) return boxSpellings(list as number[][]);
  if (list.every((item) => typeof item === "string" || typeof item === "number")) return [list.join("\n"), list.join(", ")];
  return [list.map(written).join("")];
}

/** Values of an object one after the other, boxes in their tags: `3<box>4,10,16,22</box>`. */
function written(value: unknown): string {
  if (isNumbers(value, 4)) return boxSpellings([value])[0]!;
  if (Array.isArray(value)) return value.map(written).join(", ");
  return isPlain(value) ? Object.values(value).map(written).join("") : String(value ?? "");
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function unique(texts: string[]): string[] {
  return [...new Set(texts)];
}
