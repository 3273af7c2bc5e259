import { parseJson } from "./json-text.ts";
import { normalise, SQUAD } from "./normalise.ts";

const MAX_ITEMS = 1000;
const MAX_LENGTH = 20_000;
const PLAIN = { ...SQUAD, ignore_articles: false, ignore_punctuation: false };

/**
 * The items of a list as somebody writes it, normalised (NFKC, lower case, white space), in order, each the first time it
 * comes: a JSON list of texts and numbers; else lines, with numbers or bullets before them; else parts between commas,
 * semicolons or `>`. Empty for a blank, for JSON of another kind, and beyond 1000 items or 20 000 characters.
 */
export function listItems(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH) return [];
  const json = /^[[`]/.test(trimmed) ? parseJson(trimmed) : undefined;
  if (json !== undefined && !Array.isArray(json)) return [];
  const pieces =
    json === undefined ? split(trimmed) : json.map((item) => (typeof item === "string" || typeof item === "number" ? String(item) : ""));
  const items = [...new Set(pieces.map(itemKey).filter((item) => item !== ""))];
  return items.length > MAX_ITEMS ? [] : items;
}

/** One spelling for an item, in targets and in answers. */
export function itemKey(item: string): string {
  return normalise(item, PLAIN);
}

function split(text: string): string[] {
  const inner = text.replace(/^[[(]/, "").replace(/[\])]$/, "");
  const lines = inner.split("\n").filter((line) => line.trim() !== "");
  const pieces = lines.length > 1 ? lines.map((line) => line.trim().replace(/^(?:[0-9]{1,4}[.):]|[-*•])\s/, "")) : inner.split(/[,;>]/);
  return pieces.map((piece) => piece.trim().replace(/^["']|["'],?$/g, ""));
}
