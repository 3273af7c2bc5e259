import { z } from "zod";

/** The name of a tag, as it stands in `<name>` and `</name>`. */
export const TagName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "expected the name of a tag, as in think");

export interface TagMark {
  name: string;
  closes: boolean;
  /** the characters of the tag itself: [start, end) */
  start: number;
  end: number;
}

/** What stands between `<name>` and the `</name>` after it; `start` and `end` are those of the text inside. */
export interface TagBlock {
  name: string;
  text: string;
  start: number;
  end: number;
}

/** Every opening and closing tag of these names, in order. Names are told apart by case. Linear in the text. */
export function tagMarks(text: string, names: readonly string[]): TagMark[] {
  if (names.length === 0) return [];
  const pattern = new RegExp(`<(/?)(${[...new Set(names)].join("|")})>`, "g");
  return [...text.matchAll(pattern)].map((match) => ({
    name: match[2]!,
    closes: match[1] === "/",
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/**
 * The complete blocks of these names, in order: an opening tag whose next tag closes it. `paired` says whether every tag is part of
 * one; where they nest, the inner one is complete and the outer one is not.
 */
export function tagBlocks(text: string, names: readonly string[]): { blocks: TagBlock[]; paired: boolean } {
  const marks = tagMarks(text, names);
  const blocks: TagBlock[] = [];
  for (const [i, mark] of marks.entries()) {
    const next = marks[i + 1];
    if (mark.closes || next === undefined || !next.closes || next.name !== mark.name) continue;
    blocks.push({ name: mark.name, text: text.slice(mark.end, next.start), start: mark.end, end: next.start });
  }
  return { blocks, paired: blocks.length * 2 === marks.length };
}

/** The text without the complete blocks of these names: what an environment wrote between the turns. Linear in the text. */
export function withoutBlocks(text: string, names: readonly string[]): string {
  return names.reduce((left, name) => {
    const [open, close] = [`<${name}>`, `</${name}>`];
    let kept = "";
    let from = 0;
    while (true) {
      const start = left.indexOf(open, from);
      const end = start < 0 ? -1 : left.indexOf(close, start);
      if (end < 0) return kept + left.slice(from);
      kept += left.slice(from, start);
      from = end + close.length;
    }
  }, text);
}

/** How often `piece` stands in the text, without overlaps. */
export function countOf(text: string, piece: string): number {
  return piece === "" ? 0 : text.split(piece).length - 1;
}
