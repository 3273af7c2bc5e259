import { z } from "zod";
import { lastTag } from "../parse.ts";
import { lastBoxed } from "./boxed.ts";

const Step = z
  .strictObject({
    tag: z
      .string()
      .regex(/^[A-Za-z][\w-]*$/, "expected a tag's bare name")
      .optional()
      .describe("inside the last complete <tag>…</tag>"),
    between: z
      .tuple([z.string().min(1), z.string().min(1)])
      .optional()
      .describe("between the last opening mark and the closing mark after it"),
    marker: z.string().min(1).optional().describe("behind the last place of this text, to the end of its line"),
    ignore_case: z.boolean().default(false).describe("the marker in upper or lower case"),
    boxed: z.literal(true).optional().describe("inside the last \\boxed{…}, braces balanced"),
    word: z.literal(true).optional().describe("the first word only, up to white space"),
  })
  .refine(
    ({ tag, between, marker, boxed, word }) => [tag, between, marker, boxed, word].some((one) => one !== undefined),
    "expected at least one of tag, between, marker, boxed and word",
  );

const Source = z.union([z.enum(["answer", "boxed", "whole"]), Step]);

/**
 * Where in a completion the answer stands. `answer` is the last `<answer>…</answer>`, `boxed` the last `\boxed{…}`, `whole` the
 * whole text; an object names steps that narrow the text down one after the other, in the order tag, between, marker, boxed,
 * word. Of a list, the first source that finds something counts: `[{ marker: "### The final answer is:" }, whole]`.
 */
export const Extract = z.union([Source, z.array(Source).min(1)]);
export type Extract = z.infer<typeof Extract>;

/** `extract`, an option of every reward that compares an answer. */
export const extractOption = (fallback: Extract = "answer") => Extract.default(fallback).describe("where the answer stands");

/**
 * The text that a source finds, not trimmed, or null. Always the last candidate, so that a policy gains nothing by listing
 * several; a tag, brace or mark that is not closed finds nothing. Linear in the length of the text.
 */
export function extract(text: string, from: Extract): string | null {
  for (const source of Array.isArray(from) ? from : [from]) {
    const found = find(text, source);
    if (found !== null) return found;
  }
  return null;
}

function find(text: string, source: z.infer<typeof Source>): string | null {
  if (source === "whole") return text;
  if (source === "answer") return lastTag(text, "answer");
  if (source === "boxed") return lastBoxed(text);
  const { tag, between, marker, ignore_case, boxed, word } = source;
  let found: string | null = text;
  if (tag !== undefined) found = lastTag(found, tag);
  if (found !== null && between !== undefined) found = lastBetween(found, between);
  if (found !== null && marker !== undefined) found = behind(found, marker, ignore_case);
  if (found !== null && boxed) found = lastBoxed(found);
  if (found !== null && word) found = /\S+/.exec(found)?.[0] ?? null;
  return found;
}

function lastBetween(text: string, [open, close]: [string, string]): string | null {
  const end = text.lastIndexOf(close);
  if (end < open.length) return null;
  const start = text.lastIndexOf(open, end - open.length);
  if (start < 0) return null;
  // Where two closing marks follow, the first one ends the answer.
  return text.slice(start + open.length, text.indexOf(close, start + open.length));
}

function behind(text: string, marker: string, ignoreCase: boolean): string | null {
  const start = ignoreCase ? lastIgnoringCase(text, marker) : text.lastIndexOf(marker);
  if (start < 0) return null;
  const line = start + marker.length;
  const end = text.indexOf("\n", line);
  return text.slice(line, end < 0 ? undefined : end);
}

/** Only ASCII letters fold: `toLowerCase` may change a text's length, and with it every place in it. */
function lastIgnoringCase(text: string, marker: string): number {
  const folded = (one: string) => one.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return folded(text).lastIndexOf(folded(marker));
}
