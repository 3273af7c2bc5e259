import { sameAnswer } from "./answers.ts";
import { clean, joinThousands, wording } from "./clean.ts";
import { evaluate } from "./evaluate.ts";
import { type Node, NotMathError, some } from "./node.ts";
import { parseMath } from "./parse-math.ts";
import { splitUnit } from "./unit-suffix.ts";
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
  if (a === b) return true;
  const [words, others] = [wording(a), wording(b)];
  if (isWords(words) && isWords(others)) {
    if (words === others || words.toLowerCase() === others.toLowerCase()) return true;
    if (isText(a) || isText(b)) return false;
  }
  if (optionLetter(words) !== null && optionLetter(words) === optionLetter(others)) return true;
  if (a.replace(/\s/g, "") === b.replace(/\s/g, "")) return true;
  for (const change of [joinThousands, (text: string) => text]) {
    try {
      if (sameQuantity(change(a), change(b), tolerance)) return true;
    } catch (error) {
      if (!(error instanceof NotMathError)) throw error;
    }
  }
  return false;
}

function sameQuantity(a: string, b: string, tolerance: number): boolean {
  const [gold, given] = [splitUnit(a), splitUnit(b)];
  const [left, right] = [parseMath(gold.rest), parseMath(given.rest)];
  if (gold.unit === "" || given.unit === "" || gold.unit === given.unit) return sameAnswer(left, right, tolerance);
  const [from, to] = [unitOf(gold.unit), unitOf(given.unit)];
  if (from === null || to === null || from.dimension !== to.dimension) return false;
  if (from.factor === to.factor) return sameAnswer(left, right, tolerance);
  const [x, y] = [constant(left), constant(right)];
  return x !== null && y !== null && Math.abs(x * from.factor - y * to.factor) <= Math.max(1e-9, tolerance) * Math.abs(x * from.factor);
}

function constant(node: Node): number | null {
  if (some(node, ({ kind }) => kind !== "number" && kind !== "call" && kind !== "symbol")) return null;
  const [re, im] = evaluate(node, new Map());
  return Number.isFinite(re) && im === 0 ? re : null;
}

/** `(B)` and `B` name one option; x and X are two symbols. */
function optionLetter(words: string): string | null {
  return /^\(?([A-Z])\)?$/.exec(words)?.[1] ?? null;
}

/** Words, perhaps with figures, and no signs of mathematics: case says nothing. */
function isWords(text: string): boolean {
  return /^[\p{L}\p{N}' -]+$/u.test(text) && (/\p{L}{3}/u.test(text) || /^\p{L}{2,}$/u.test(text));
}

/** As \text, or with a vowel, letters are a word: `no` is not the product n o, which `on` would equal. */
function isText(text: string): boolean {
  return (
    /^\\text\s?\{/.test(text) ||
    (/^[\p{L}' -]+$/u.test(text) && /[aeiou]/i.test(text) && !/^(?:pi|theta|alpha|beta|infinity|inf|oo)$/i.test(text))
  );
}
