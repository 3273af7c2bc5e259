import { z } from "zod";
import { TagName, tagBlocks } from "../shaping/tags.ts";

/** How steps are found in a text. Part of the options of every reward that looks at steps. */
export const StepFinder = z.strictObject({
  split: z
    .enum(["lines", "numbered", "labelled", "tags", "sentences"])
    .default("lines")
    .describe("lines that are not blank; lines from `1.` or `1)` to the next; from `Step 1:` to the next; blocks of a tag; sentences"),
  label: z
    .string()
    .regex(/^\p{L}{1,20}$/u, "expected a word")
    .default("Step")
    .describe("labelled: the word before the number, in whatever case"),
  tag: TagName.default("step").describe("tags: the tag around each step"),
  within: TagName.optional().describe("look for steps in the last block of this tag alone, such as think"),
  max_steps: z.int().min(1).max(1000).default(200).describe("further steps are counted, but not looked at"),
});
export type StepFinder = z.infer<typeof StepFinder>;

export interface Step {
  text: string;
  /** the characters of the completion that it takes, without whitespace at its ends: [start, end) */
  start: number;
  end: number;
}

/**
 * The steps of a text, in order, and how many there were. Steps that are blank are none. What stands before the first number or label is no
 * step. Linear in the text; never throws.
 */
export function findSteps(text: string, finder: StepFinder): { steps: Step[]; count: number } {
  const from = areaOf(text, finder.within);
  if (from === null) return { steps: [], count: 0 };
  const found = SPLITS[finder.split](text.slice(from.start, from.end), finder)
    .map(([start, end]) => trimmed(text, from.start + start, from.start + end))
    .filter(({ start, end }) => end > start);
  const kept = found.slice(0, finder.max_steps);
  return { steps: kept.map(({ start, end }) => ({ text: text.slice(start, end), start, end })), count: found.length };
}

function areaOf(text: string, within: string | undefined): { start: number; end: number } | null {
  if (within === undefined) return { start: 0, end: text.length };
  return tagBlocks(text, [within]).blocks.at(-1) ?? null;
}

type Span = [number, number];

const SPLITS: Record<StepFinder["split"], (text: string, finder: StepFinder) => Span[]> = {
  lines: (text) => linesOf(text),
  numbered: (text) => {
    const starts = linesOf(text).flatMap(([start, end]) => {
      const marker = /^[ \t]*\(?[0-9]{1,4}[.):](?=[ \t]|$)/.exec(text.slice(start, end));
      return marker === null ? [] : [{ marker: start, body: start + marker[0].length }];
    });
    return untilNext(starts, text.length);
  },
  labelled: (text, { label }) => {
    const marker = new RegExp(`(?<![\\p{L}\\p{N}_])${label}[ \\t]{0,4}[0-9]{1,4}[ \\t]{0,4}[:.)]`, "giu");
    const starts = [...text.matchAll(marker)].map((match) => ({ marker: match.index, body: match.index + match[0].length }));
    return untilNext(starts, text.length);
  },
  tags: (text, { tag }) => tagBlocks(text, [tag]).blocks.map(({ start, end }) => [start, end]),
  sentences: (text) => sentencesOf(text),
};

function untilNext(starts: { marker: number; body: number }[], end: number): Span[] {
  return starts.map(({ body }, i) => [body, starts[i + 1]?.marker ?? end]);
}

function linesOf(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  while (start <= text.length) {
    const feed = text.indexOf("\n", start);
    const end = feed < 0 ? text.length : feed;
    spans.push([start, end]);
    start = end + 1;
  }
  return spans;
}

/** Sentences end with a line, with . ! or ? before whitespace, and with the full stops that need no space after them. */
function sentencesOf(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const ends = char === "\n" || "。！？".includes(char) || (".!?".includes(char) && /^\s?$/.test(text[i + 1] ?? ""));
    if (!ends) continue;
    spans.push([start, i + 1]);
    start = i + 1;
  }
  spans.push([start, text.length]);
  return spans;
}

/** Without whitespace at the ends, and without the marks that Markdown puts around a label. */
function trimmed(text: string, start: number, end: number): { start: number; end: number } {
  let [from, to] = [start, end];
  while (from < to && /[\s*#_]/.test(text[from]!)) from++;
  while (to > from && /[\s*#_]/.test(text[to - 1]!)) to--;
  return { start: from, end: to };
}
