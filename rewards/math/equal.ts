import { sameAnswer } from "./answers.ts";
import { clean, joinThousands, wording } from "./clean.ts";
import { sameTime } from "./clock.ts";
import { date } from "./dates.ts";
import { evaluate } from "./evaluate.ts";
import { mixedQuantity } from "./mixed-units.ts";
import { type Node, NotMathError, some } from "./node.ts";
import { sameLetters, sameOption } from "./option.ts";
import type { Reading } from "./parse-functions.ts";
import { parseMath } from "./parse-math.ts";
import { figures, phrase } from "./phrases.ts";
import { splitDirection, splitUnit } from "./unit-suffix.ts";
import { unitOf } from "./units.ts";

/** A longer answer is none: the longest in MATH has 159 characters. */
export const MAX_ANSWER = 1000;

export interface MathOptions {
  /** relative tolerance between numbers; 0 asks for the same number */
  tolerance?: number;
}

/**
 * Whether a given answer, LaTeX or plain text, is the gold answer in other words. Never throws; bounded work for any text.
 *
 * Equal texts are equal. Else both are read as mathematics, with a comma between digits once as a thousands separator and once
 * as a list, and compared by value. Where either is no mathematics, they are compared as words. A unit that only one of them
 * has is left out; two units must agree, converted where the table knows both.
 */
export function mathEqual(gold: string, given: string, { tolerance = 0 }: MathOptions = {}): boolean {
  if (gold.length > MAX_ANSWER || given.length > MAX_ANSWER) return false;
  const [a, b] = [clean(gold), clean(given)];
  if (a === "" || b === "") return false;
  return a === b || same(a, b, tolerance);
}

function same(a: string, b: string, tolerance: number): boolean {
  const option = sameOption(a, b);
  if (typeof option === "boolean") return option;
  if (option !== null && same(...option, tolerance)) return true;
  if (sameLetters(a, b)) return true;
  const time = sameTime(a, b);
  if (time !== null) return time;
  const [mixed, otherMixed] = [mixedQuantity(a), mixedQuantity(b)];
  if (mixed !== null || otherMixed !== null) {
    const { smallest } = (mixed ?? otherMixed)!;
    const [x, y] = [mixed ?? simpleQuantity(a, smallest), otherMixed ?? simpleQuantity(b, smallest)];
    if (x !== null && y !== null)
      return (x.dimension ?? y.dimension) === (y.dimension ?? x.dimension) && Math.abs(x.value - y.value) <= 1e-9 * Math.abs(x.value);
  }
  const [words, others] = [wording(a), wording(b)];
  const [phrases, otherPhrases] = [phrase(words) ?? phrase(a) ?? date(words), phrase(others) ?? phrase(b) ?? date(others)];
  if (phrases !== null && phrases === otherPhrases) return true;
  const [left, right] = [phrases ?? figures(a) ?? a, otherPhrases ?? figures(b) ?? b];
  if (isWords(words) && isWords(others)) {
    if (words.toLowerCase() === others.toLowerCase() || sameNames(a, b)) return true;
    if (left === a && right === b && (isText(a) || isText(b))) return false;
  }
  if (bare(left) === bare(right)) return true;
  return readings(left, right).some(([x, y, reading]) => sameQuantity(x, y, { tolerance, ...reading }));
}

/** `Alice and Bob` and `Bob, Alice`. */
function sameNames(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) =>
    text
      .split(/,| and |&/)
      .map((name) => wording(name).toLowerCase())
      .filter(Boolean)
      .sort(),
  );
  return left!.length > 1 && left!.join() === right!.join();
}

/** Without text commands and spaces, and without braces around a lone sign. */
function bare(text: string): string {
  return text
    .replace(/\\(?:text|mathrm|mbox)\s?\{([^{}]*)\}/g, "$1")
    .replace(/(?<=[_^])\{([A-Za-z0-9]|\\[A-Za-z]+(?=\}(?![A-Za-z])))\}/g, "$1")
    .replace(/\s/g, "");
}

/** A number with a unit of the table, in base units; without a unit it counts `usual` of them. */
function simpleQuantity(text: string, usual: number): { value: number; dimension: string | null } | null {
  const { rest, unit } = splitUnit(joinThousands(text));
  const [known, node] = [unitOf(unit), parsed(rest)];
  const value = node === null ? null : constant(node);
  if (value === null || (known === null && unit !== "")) return null;
  return known === null ? { value: value * usual, dimension: null } : { value: value * known.factor, dimension: known.dimension };
}

/** In what ways two texts may be read, the likeliest first. */
function readings(a: string, b: string): [a: string, b: string, reading: Partial<Reading>][] {
  const all: [string, string, Partial<Reading>][] = [[joinThousands(a), joinThousands(b), {}]];
  if (all[0]![0] !== a || all[0]![1] !== b) all.push([a, b, {}]);
  if (POWER_OF_LOG.test(a) || POWER_OF_LOG.test(b)) all.push([a, b, { powersInside: true }]);
  if (STROKE_BEHIND.test(a) || STROKE_BEHIND.test(b)) all.push([a, b, { strokesInside: false }]);
  if (SYMBOLS_BELOW.test(a) || SYMBOLS_BELOW.test(b)) all.push([a, b, { wideStrokes: true }]);
  const [natural, other] = [/\\ln(?![a-z])/.test(a), /\\ln(?![a-z])/.test(b)];
  if (natural !== other && (natural ? b : a).search(PLAIN_LOG) >= 0 && /[xyztun]/.test(a.replace(/\\[a-z]+/g, ""))) {
    all.push([a.replace(PLAIN_LOG, "\\ln"), b.replace(PLAIN_LOG, "\\ln"), {}]);
  }
  return all;
}

/** t/RC is written for t/(RC) and for tC/R */
const SYMBOLS_BELOW = /\/\s?(?:[A-Za-z]|\\[a-z]{2,7}\s)\s?(?:[A-Za-z]|\\[a-z])/;

/** the natural logarithm, where the other answer has that of a variable */
const PLAIN_LOG = /\\log(?![a-z]|\s?_)/g;

/** \ln (x+1)^2 is written for ln((x+1)^2) and for ln(x+1)^2 */
const POWER_OF_LOG = /(?:ln|log)[^()]{0,12}\([^()]{1,40}\)\s?\^/;

/** \\sin x / 2 is written for sin(x/2) and for sin(x)/2 */
const STROKE_BEHIND = /(?:sin|cos|tan|log|ln)[^()/+=-]{1,20}\/\s?[a-zA-Z0-9\\(]/;

function sameQuantity(a: string, b: string, { tolerance, ...reading }: { tolerance: number } & Partial<Reading>): boolean {
  const [first, second] = [splitDirection(a), splitDirection(b)];
  if (first.direction !== null && second.direction !== null && first.direction !== second.direction) return false;
  const [gold, given] = [splitUnit(first.rest), splitUnit(second.rest)];
  const [left, right] = [parsed(gold.rest, reading), parsed(given.rest, reading)];
  if (left !== null && right !== null && sameWithUnits([left, gold.unit], [right, given.unit], tolerance)) return true;
  // what looked like a unit may be symbols: 4ns and 4sn
  if (gold.unit === "" && given.unit === "") return false;
  const [whole, other] = [parsed(a, reading), parsed(b, reading)];
  return whole !== null && other !== null && sameAnswer(whole, other, tolerance);
}

function parsed(text: string, reading: Partial<Reading> = {}): Node | null {
  try {
    return parseMath(text, reading);
  } catch (error) {
    if (error instanceof NotMathError) return null;
    throw error;
  }
}

function sameWithUnits([left, unit]: [Node, string], [right, other]: [Node, string], tolerance: number): boolean {
  if ((unit !== "" && isPercent(right)) || (other !== "" && isPercent(left))) return false; // 5 % are no 5 cents
  if (unit === "" || other === "" || unit === other) return sameAnswer(left, right, tolerance);
  const [from, to] = [unitOf(unit), unitOf(other)];
  if (from === null || to === null || from.dimension !== to.dimension) return false;
  if (from.factor === to.factor) return sameAnswer(left, right, tolerance);
  const [x, y] = [constant(left), constant(right)];
  return x !== null && y !== null && Math.abs(x * from.factor - y * to.factor) <= Math.max(1e-9, tolerance) * Math.abs(x * from.factor);
}

function isPercent(node: Node): boolean {
  return node.kind === "call" && node.name === "percent";
}

function constant(node: Node): number | null {
  if (some(node, ({ kind }) => kind !== "number" && kind !== "call" && kind !== "symbol")) return null;
  const [re, im] = evaluate(node, new Map());
  return Number.isFinite(re) && im === 0 ? re : null;
}

/** Words, perhaps with figures, and no signs of mathematics: case says nothing. */
function isWords(text: string): boolean {
  return /^[\p{L}\p{N}' -]+$/u.test(text) && (/\p{L}{3}/u.test(text) || /^\p{L}{2,}$/u.test(text));
}

/** As \text, or with a vowel, letters are a word: `no` is not the product n o, which `on` would equal. */
function isText(text: string): boolean {
  return (
    /^\\text\s?\{/.test(text) ||
    (/^[\p{L}' -]+$/u.test(text) &&
      /[aeiou]/i.test(text) &&
      !/^[abcdmnpqrxyz]{2,3}$/.test(text) &&
      !/^(?:pi|theta|alpha|beta|infinity|inf|oo)$/i.test(text))
  );
}
