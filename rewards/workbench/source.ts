import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Where a reward of ours is written, and what is said of it there. */
export interface Source {
  /** in the repository: `rewards/box-iou.ts` */
  file: string;
  /** the comment before it, its stars taken out; empty where there is none */
  comment: string;
}

const FOLDER = new URL("../", import.meta.url);

/** The sources of all rewards of ours by name, read from this package's own files: as written, or as compiled, where comments stay. */
export async function readSources(): Promise<Map<string, Source>> {
  const names = (await readdir(fileURLToPath(FOLDER), { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const files = names.filter((name) => /\.[jt]s$/.test(name) && !/\.(test|d)\.ts$|^(workbench|audit)\//.test(name));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, FOLDER), "utf8")));
  const found = new Map<string, Source>();
  for (const [i, text] of texts.entries()) {
    for (const [name, comment] of definitionsIn(text)) found.set(name, { file: `rewards/${files[i]!.replace(/\.js$/, ".ts")}`, comment });
  }
  return found;
}

/** `export const x = defineReward({ name: "x"`, or made by a function of its own: `export const x = described("x"`. */
const DEFINITION = /^export const \w+[^=\n]* = \w+(?:<[^(\n]*>)?\(\s*(?:\{\s*name: )?"(\w+)"/gm;

/** Names of rewards that a file defines, each with the comment right before its definition. */
export function definitionsIn(text: string): [name: string, comment: string][] {
  return [...text.matchAll(DEFINITION)].map((match) => {
    const before = text.slice(0, match.index).trimEnd();
    const start = before.lastIndexOf("/**");
    return [match[1]!, before.endsWith("*/") && start >= 0 ? bare(before.slice(start + 3, -2)) : ""];
  });
}

function bare(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

/** What a comment names as its source, on one line; null where it names none. */
export function sourceOf(comment: string): string | null {
  const [, source] = /(?:^|\s)Source: (.*?)(?:\n\n|$)/s.exec(comment) ?? [];
  return source?.replaceAll("\n", " ") ?? null;
}

/** The first sentence of a comment, on one line. */
export function firstSentence(comment: string): string {
  const [paragraph = ""] = comment.split("\n\n");
  const line = paragraph.replaceAll("\n", " ");
  const end = /[.:;](?= [A-Z]|$)/.exec(line)?.index ?? line.length;
  return line.slice(0, end);
}
