/**
 * Parsers of what a policy wrote, for completions such as
 * `<think>3<box>4,10,16,22</box>7<box>18,2,30,14</box>3+7=10</think><answer>10</answer>`.
 *
 * The text is data from a machine that is paid for fooling us: nothing here throws, and everything is linear in its length
 * (no pattern can be made to backtrack). Whitespace between tokens is ignored. Digits are ASCII digits only.
 */
import type { Box } from "./box.ts";

/** The text between the last complete pair of `<tag>` and `</tag>`, the inner one where they nest; null without one. */
export function lastTag(text: string, tag: string): string | null {
  let open = -1;
  let last: string | null = null;
  for (const match of text.matchAll(new RegExp(`<(/?)${tag}>`, "g"))) {
    if (match[1] === "") {
      open = match.index + match[0].length;
    } else if (open >= 0) {
      last = text.slice(open, match.index);
      open = -1;
    }
  }
  return last;
}

/** The value of `15` or `015`; null for anything else: blanks, signs, fractions, `1e1`, hex, digits of other scripts. */
export function wholeNumber(text: string): number | null {
  const trimmed = text.trim();
  return /^[0-9]+$/.test(trimmed) ? Number(trimmed) : null;
}

const DECIMAL = /^[+-]?[0-9]+(?:\.[0-9]+)?$/;

/**
 * A decimal number in its one shortest spelling, so that equal numbers are equal texts at any length: `+015.50` is `15.5`,
 * `-0` is `0`. Null for what is not a plain decimal number: blanks, `NaN`, `1e1`, `0x10`, `.5`, `1,000`, digits of other scripts.
 */
export function plainNumber(text: string): string | null {
  const trimmed = text.trim();
  if (!DECIMAL.test(trimmed)) return null;
  const [whole = "", fraction = ""] = trimmed.replace(/^[+-]/, "").split(".");
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === "0") end--;
  const digits = whole.replace(/^0+(?=[0-9])/, "") + (end > 0 ? `.${fraction.slice(0, end)}` : "");
  return trimmed.startsWith("-") && digits !== "0" ? `-${digits}` : digits;
}

/** `x1,y1,x2,y2`; null unless it is four finite numbers with x2 > x1 and y2 > y1. */
export function parseBox(text: string): Box | null {
  const pieces = text.split(",", 5);
  if (pieces.length !== 4) return null;
  const [x1, y1, x2, y2] = pieces.map((piece) => (DECIMAL.test(piece.trim()) ? Number(piece) : Number.NaN)) as Box;
  return Number.isFinite(x1 + y1 + x2 + y2) && x2 > x1 && y2 > y1 ? [x1, y1, x2, y2] : null;
}

/** Every `<box>` that was opened, in order; null for one that was not closed or does not hold a box. */
export function parseBoxes(
  text: string,
  limit = Number.POSITIVE_INFINITY,
): { count: number; boxes: (Box | null)[]; places: [number, number][] } {
  const found = [...text.matchAll(/<box>[^<]*<\/box>|<box>/g)];
  const kept = found.slice(0, limit);
  return {
    count: found.length,
    boxes: kept.map(([tagged]) => taggedBox(tagged)),
    places: kept.map((match) => [match.index, match.index + match[0].length]),
  };
}

/** The last `<box>` that was opened; null without one, or where it does not hold a box. */
export function parseLastBox(text: string): Box | null {
  const start = text.lastIndexOf("<box>");
  if (start < 0) return null;
  return taggedBox(text.slice(start).match(/^<box>[^<]*<\/box>/)?.[0] ?? "");
}

function taggedBox(tagged: string): Box | null {
  return tagged.endsWith("</box>") ? parseBox(tagged.slice("<box>".length, -"</box>".length)) : null;
}

export interface Trace {
  /** the number written before each `<box>`, in order; null where there is none */
  readings: (number | null)[];
  /** one entry for each `=`, in order; null where it is not part of an `a+b=c` of whole numbers */
  sums: ({ a: number; b: number; c: number } | null)[];
  /** where each reading and each sum stands in the text: [start, end) */
  readingPlaces: [number, number][];
  sumPlaces: [number, number][];
}

// Boxes in one piece; words and numbers with whatever letters and digits stick to them, so that "10e5" is not a 10.
const TOKEN = /<box>[^<]*<\/box>|<box>|[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*|\S/gu;
const GLUE = new Set(["+", "-", "=", "*", "/"]);

/** Readings and partial sums of a reasoning trace. `1+2+3=6` and `1+2=3=3` are not partial sums: nothing may extend either side. */
export function parseTrace(text: string): Trace {
  const matches = [...text.matchAll(TOKEN)];
  const tokens = matches.map(([token]) => token);
  const number = (i: number) => wholeNumber(tokens[i] ?? "");
  /** the characters from token `first` to token `last`, as far as there are such */
  const place = (first: number, last: number): [number, number] => {
    const [from, to] = [first, last].map((i) => matches[Math.min(Math.max(0, i), matches.length - 1)]!) as [
      RegExpExecArray,
      RegExpExecArray,
    ];
    return [from.index, to.index + to[0].length];
  };
  const trace: Trace = { readings: [], sums: [], readingPlaces: [], sumPlaces: [] };
  for (const [i, token] of tokens.entries()) {
    if (token.startsWith("<box>")) {
      trace.readings.push(number(i - 1));
      trace.readingPlaces.push(place(i - 1, i - 1));
    }
    if (token !== "=") continue;
    trace.sumPlaces.push(place(i - 3, i + 1));
    const [a, b, c] = [number(i - 3), number(i - 1), number(i + 1)];
    const alone = !GLUE.has(tokens[i - 4] ?? "") && !GLUE.has(tokens[i + 2] ?? "");
    trace.sums.push(a !== null && tokens[i - 2] === "+" && b !== null && c !== null && alone ? { a, b, c } : null);
  }
  return trace;
}
