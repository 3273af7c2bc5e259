/**
 * Parsers of boxes and points as models write them. Nothing throws, nothing backtracks: every repetition is bounded or runs over
 * characters that its end can't be, so time is linear in the text. A number is ASCII digits with an optional sign and fraction; a
 * blank, `NaN` or `1e3` is not one, and a box that holds one is not a box.
 */
import { z } from "zod";
import type { Point, Quad } from "../geometry/coordinates.ts";
import { lastTag } from "../parse.ts";

/** The shared option `tag` of rewards that read a part of the completion. */
export const Tag = z
  .string()
  .regex(/^[A-Za-z_]+$/, "expected a tag's name, as in answer")
  .optional()
  .describe("read only what the last <tag>…</tag> holds; the whole completion unless given");

/** What is read: the whole completion, or the inside of its last pair of tags; blank where there is none. */
export function region(completion: string, tag: string | undefined): string {
  return tag === undefined ? completion : (lastTag(completion, tag) ?? "");
}

const SPACE = "\\s{0,16}";
const NUMBER = `${SPACE}([+-]?[0-9]{1,15}(?:\\.[0-9]{1,17})?)${SPACE}`;
const PAIR = `\\(${NUMBER},${NUMBER}\\)`;
const FOUR = new RegExp(`^${SPACE}[[(]?${NUMBER},${NUMBER},${NUMBER},${NUMBER}[\\])]?${SPACE}$`);
const PAIRS = new RegExp(`^${SPACE}${PAIR}${SPACE},?${SPACE}${PAIR}${SPACE}$`);
const BOX_KEYS = ["bbox_2d", "bbox", "box_2d", "box"];
const BOX_KEY = new RegExp(`["'](?:${BOX_KEYS.join("|")})["']${SPACE}:${SPACE}(\\[[^\\[\\]]{0,200}\\])?`);

// In this order: tagged boxes, flat objects with a box in them, bare lists of four, bare pairs of corners.
const BOXES = new RegExp(
  [
    "<box>[^<]*</box>|<box>",
    "<\\|box_start\\|>[^<]*<\\|box_end\\|>|<\\|box_start\\|>",
    "\\{[^{}]*\\}",
    BOX_KEY.source.replace("(\\[", "(?:\\["),
    `\\[${NUMBER},${NUMBER},${NUMBER},${NUMBER}\\]`.replaceAll("([+-]", "(?:[+-]"),
    `${PAIR}${SPACE},?${SPACE}${PAIR}`.replaceAll("([+-]", "(?:[+-]"),
  ].join("|"),
  "g",
);

/** A box as it was written: its four numbers, or null where what claims to be a box is none. */
export interface WrittenBox {
  quad: Quad | null;
  label: string | null;
  start: number;
  end: number;
}

export interface Written<T> {
  /** how many there are; no more than `limit` of them are kept */
  count: number;
  first: T[];
  last: T | null;
}

/** At most so many boxes or points are kept unless a reward says otherwise. */
export const MAX_WRITTEN = 64;

/**
 * Every box in the text, in order: `<box>1,2,3,4</box>`, `<|box_start|>(1,2),(3,4)<|box_end|>`, `{"bbox_2d": [1,2,3,4], "label": "a"}` (keys
 * `bbox_2d`, `bbox`, `box_2d`, `box`; fences and lists around make no difference), `[1, 2, 3, 4]` and `(1,2),(3,4)`. A tag that opens and a
 * key that stands there count as a box whatever follows, so a broken one costs as much as one that misses.
 */
export function writtenBoxes(text: string, limit = MAX_WRITTEN): Written<WrittenBox> {
  return collect(boxesIn(text), limit);
}

function collect<T>(found: Iterable<T>, limit: number): Written<T> {
  const written: Written<T> = { count: 0, first: [], last: null };
  for (const one of found) {
    written.count++;
    written.last = one;
    if (written.first.length < limit) written.first.push(one);
  }
  return written;
}

function* boxesIn(text: string): Generator<WrittenBox> {
  for (const match of text.matchAll(BOXES)) {
    const [token] = match;
    const place = { start: match.index, end: match.index + token.length };
    if (!token.startsWith("{")) yield { quad: quadOf(token), label: null, ...place };
    else if (BOX_KEY.test(token)) yield { ...flatObject(token), ...place };
    else yield* bareIn(token, match.index);
  }
}

/** Lists of four inside braces that hold no box key, as in `{[1,2,3,4]}`. */
function* bareIn(token: string, offset: number): Generator<WrittenBox> {
  for (const match of token.slice(1).matchAll(BOXES)) {
    if (match[0].startsWith("{")) continue;
    const start = offset + 1 + match.index;
    yield { quad: quadOf(match[0]), label: null, start, end: start + match[0].length };
  }
}

function flatObject(token: string): { quad: Quad | null; label: string | null } {
  const parsed = parseJson(token);
  const inner = BOX_KEY.exec(token)?.[1];
  const quad = inner === undefined ? null : quadOf(inner);
  const label = typeof parsed === "object" && parsed !== null && "label" in parsed ? parsed.label : null;
  return { quad, label: typeof label === "string" ? label : null };
}

/** The four numbers of a box in any of its spellings, tags around it or not; null unless there are exactly four. */
export function quadOf(token: string): Quad | null {
  if (/^<box>$|^<\|box_start\|>$/.test(token)) return null;
  const bare = token.replace(/^<box>|<\/box>$|^<\|box_start\|>|<\|box_end\|>$/g, "").replace(/^["'][a-z0-9_]{1,8}["']\s{0,16}:/, "");
  const match = FOUR.exec(bare) ?? PAIRS.exec(bare);
  return match === null ? null : (match.slice(1, 5).map(Number) as Quad);
}

const POINT = new RegExp(`[[(]${NUMBER},${NUMBER}[\\])]|<point>${NUMBER},${NUMBER}</point>`, "g");

/** Every point in the text, in order: `(x, y)`, `[x, y]`, also inside `{"point_2d": [x, y]}`, and `<point>x,y</point>`. */
export function writtenPoints(text: string, limit = MAX_WRITTEN): Written<Point> {
  return collect(pointsIn(text), limit);
}

function* pointsIn(text: string): Generator<Point> {
  for (const [, a, b, c, d] of text.matchAll(POINT)) yield [Number(a ?? c), Number(b ?? d)];
}

/** JSON, inside a fence or not; undefined where it is none. */
export function parseJson(text: string): unknown {
  const trimmed = text.trim();
  const bare = trimmed.startsWith("```") ? trimmed.replace(/^```(?:json)?/, "").replace(/```$/, "") : trimmed;
  try {
    return JSON.parse(bare);
  } catch {
    return undefined;
  }
}
