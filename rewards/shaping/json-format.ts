import { z } from "zod";
import { defineReward } from "../define.ts";

const Options = z.strictObject({
  keys: z
    .record(z.string().min(1), z.enum(["string", "number", "boolean", "array", "object", "any"]))
    .default({ rationale: "string", action: "object" })
    .describe("the keys that must be there, and of what kind; more are free"),
  max_chars: z.int().min(1).default(100_000).describe("a longer text is not read"),
});
type Options = z.infer<typeof Options>;
type Kind = Options["keys"][string];

/**
 * Whether the whole completion is one JSON object with the expected keys: 1 or 0. Whitespace around it is free, a code fence is not. A text
 * that is blank is no rationale: strings must say something. The target is not read.
 * Source: the format term of Shop-R1 (arXiv:2507.17842), which weighs 0.5 and gates all other terms.
 */
export const jsonFormat = defineReward({
  name: "json_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: '{"rationale": "so", "action": {"type": "go"}}', score: 1 },
    { completion: '{"rationale": " ", "action": {"type": "go"}}', score: 0 },
  ],
  score({ completion, options: { keys, max_chars } }) {
    const value = jsonObject(completion, max_chars);
    if (value === null) return 0;
    return Object.entries(keys).every(([key, kind]) => Object.hasOwn(value, key) && isKind(value[key], kind)) ? 1 : 0;
  },
});

/** The text as a JSON object; null for what is none, or longer than `maxChars`. Never throws. */
export function jsonObject(text: string, maxChars = 100_000): Record<string, unknown> | null {
  if (text.length > maxChars) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isKind(value, "object") ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Numbers are finite: JSON's 1e999 is not. */
function isKind(value: unknown, kind: Kind): boolean {
  if (kind === "any") return true;
  if (kind === "array") return Array.isArray(value);
  if (kind === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (kind === "number") return Number.isFinite(value);
  return typeof value === kind && (typeof value !== "string" || value.trim() !== "");
}
