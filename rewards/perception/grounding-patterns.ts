import type { Box } from "../box.ts";

const WHOLE = "([0-9]{1,9})";
const ANY = "([^(),\\[\\]]{0,40})";
const PAIR = `\\(${WHOLE},${WHOLE}\\),\\(${WHOLE},${WHOLE}\\)`;

// Eight spellings of a box; the order is part of the definition. Repetitions are bounded, so each is linear in the text.
const SPELLINGS = [
  `${PAIR}(?:<\\|box_end\\|>)?\\s{0,16}</answer>`,
  `So the answer is[^()]{0,40}${PAIR}`,
  PAIR,
  `\\(${ANY},${ANY}\\)[^()]{0,8}\\(${ANY},${ANY}\\)`,
  `\\[${WHOLE},\\s{0,4}${WHOLE},\\s{0,4}${WHOLE},\\s{0,4}${WHOLE}\\]`,
  `\\[${ANY},${ANY},${ANY},${ANY}\\]`,
  `\\(${WHOLE},\\s{0,4}${WHOLE},\\s{0,4}${WHOLE},\\s{0,4}${WHOLE}\\)`,
  `\\(${WHOLE},\\s{0,4}${WHOLE}\\)[^()]{0,40}\\(${WHOLE},\\s{0,4}${WHOLE}\\)`,
].map((source) => new RegExp(source, "g"));
const TRAINING = [3, 5, 7, 8];

/**
 * The last match of the first spelling that matches anywhere; null where none does. Numbers that can't be read make the box 0, 0, 0, 0,
 * and four that sum to less than 4 are fractions, times 1000. In training only the four spellings of whole numbers are known.
 * Source: DeepPerception (arXiv:2503.12797), box extraction.
 */
export function extractBox(text: string, mode: "training" | "evaluation"): Box | null {
  const spellings = mode === "training" ? TRAINING.map((number) => SPELLINGS[number - 1]!) : SPELLINGS;
  for (const spelling of spellings) {
    let last: RegExpExecArray | null = null;
    for (const match of text.matchAll(spelling)) last = match;
    if (last !== null) return numbers(last.slice(1, 5), mode);
  }
  return null;
}

function numbers(pieces: string[], mode: "training" | "evaluation"): Box {
  const box = pieces.map((piece) => (/^\s*[0-9]+(?:\.[0-9]+)?\s*$/.test(piece) ? Number(piece) : Number.NaN)) as Box;
  const sum = box[0] + box[1] + box[2] + box[3];
  if (!Number.isFinite(sum)) return [0, 0, 0, 0];
  return mode === "evaluation" && sum < 4 ? (box.map((value) => value * 1000) as Box) : box;
}

/** What stands in the first `<answer>…</answer>`; null without one. */
export function firstAnswer(text: string): string | null {
  const start = text.indexOf("<answer>");
  const end = text.indexOf("</answer>", start);
  return start < 0 || end < 0 ? null : text.slice(start + "<answer>".length, end);
}

/** Whether the text holds a box in the canonical spelling `(x1,y1),(x2,y2)`. */
export function hasCanonicalBox(text: string): boolean {
  return new RegExp(PAIR).test(text);
}
