import type { z } from "zod";
import type { Problem } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { choices, kindText, schemaAt } from "./shape.ts";

export type Issue = z.core.$ZodIssue;
type Words = Pick<Problem, "message" | "cure">;

/** Given to zod as the message of every issue whose schema has none of its own; those are worded here. */
export const UNWORDED = "\u0000";

/** A value as the reader wrote it, on one short line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a section";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** What is wrong and what to do, for one issue of zod's but unknown keys. `value` is what stands at the issue's path. */
export function words(issue: Issue, value: unknown, schema: unknown, root: unknown): Words {
  if (issue.message !== UNWORDED) return ownWords(issue, value);
  if (value === undefined) return missing(issue, schema, root);
  switch (issue.code) {
    case "invalid_type":
      return expected(typeText(issue.expected, schema), value);
    case "too_small":
      return expected(limit(issue, issue.minimum, issue.inclusive === false ? "more than" : "or more"), value, issue.origin);
    case "too_big":
      return expected(limit(issue, issue.maximum, issue.inclusive === false ? "less than" : "or less"), value, issue.origin);
    case "invalid_value":
      return oneOf(issue.values, value);
    case "invalid_union": {
      const known = unionChoices(issue, root, schema);
      return known.length > 0 ? oneOf(known, value) : expected(kindText(schema), value);
    }
    case "invalid_format":
      return expected(`a text that fits ${issue.pattern ?? issue.format}`, value);
    case "not_multiple_of":
      return expected(`a multiple of ${issue.divisor}`, value);
    default:
      return { message: `can't be ${shown(value)}`, cure: `Write ${kindText(schema)}.` };
  }
}

/** `expected 2 or more: why` or `no reward is called "x"; known: …`: what comes behind the mark goes to the line of the cure. */
export function sentence(text: string): Words {
  const [, head, tail] = /^([^:;]*)[:;] (.*)$/s.exec(text) ?? [];
  if (head === undefined || tail === undefined) return { message: text };
  return { message: head, cure: `${tail[0]!.toUpperCase()}${tail.slice(1)}${/[.?!]$/.test(tail) ? "" : "."}` };
}

/** A schema's own message, with the value where it says only what was expected. */
function ownWords(issue: Issue, value: unknown): Words {
  const single = value !== undefined && typeof value !== "object" && !issue.message.includes("got ");
  const { message, cure } = sentence(issue.message);
  if (single && message.startsWith("expected ")) return { message: `${message}, got ${shown(value)}`, cure };
  if (single && issue.code === "invalid_format") return { message: `expected ${issue.message}, got ${shown(value)}` };
  return { message, cure };
}

function missing(issue: Issue, schema: unknown, root: unknown): Words {
  const known = issue.code === "invalid_union" ? unionChoices(issue, root, schema) : [];
  const kind = known.length > 0 ? `one of ${known.join(", ")}` : kindText(schema);
  const about = (schema as { description?: string } | null)?.description;
  return { message: "is missing", cure: `Add it: ${kind}${about === undefined ? "" : ` (${about})`}.` };
}

function unionChoices(issue: Issue & { code: "invalid_union" }, root: unknown, schema: unknown): unknown[] {
  if (issue.discriminator === undefined) return [];
  const union = schemaAt(root, undefined, issue.path.slice(0, -1)) ?? schema;
  return choices(union, issue.discriminator);
}

function expected(what: string, value: unknown, origin?: string): Words {
  const got = origin === "array" && Array.isArray(value) ? `${value.length}` : shown(value);
  return { message: `expected ${what}, got ${got}` };
}

function oneOf(known: readonly unknown[], value: unknown): Words {
  const near = typeof value === "string" ? nearest(value, known.map(String)) : null;
  const { message } = expected(known.length === 1 ? String(known[0]) : `one of ${known.join(", ")}`, value);
  return near === null ? { message } : { message, cure: `Did you mean ${near}?` };
}

function limit(issue: { origin: string; exact?: boolean | undefined }, bound: number | bigint, how: string): string {
  const unit = issue.origin === "array" ? (bound === 1 ? " entry" : " entries") : issue.origin === "string" ? " characters" : "";
  if (issue.origin === "string" && bound === 1) return "some text";
  if (issue.exact) return `${bound}${unit}`;
  return how.endsWith("than") ? `${how} ${bound}${unit}` : `${bound}${unit} ${how}`;
}

/** Zod calls whole numbers numbers while they are none at all, so the schema is asked first. */
function typeText(type: string, schema: unknown): string {
  return type === "int" ? "a whole number" : schema === null ? type : kindText(schema);
}
