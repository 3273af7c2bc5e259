import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { isObject, parseJson } from "../text/json-text.ts";

/** A target kept as text in a file of rows. */
const Json = z.json().transform((value) => {
  const parsed = typeof value === "string" ? parseJson(value) : undefined;
  return typeof parsed === "object" && parsed !== null ? parsed : value;
}) as z.ZodType<unknown>;

interface Options {
  relative_tolerance: number;
  extra_keys: "refuse" | "ignore";
}

/**
 * Whether the answer is the target as JSON. The order of keys does not count, that of lists does; 1 and 1.0 are one number, 1 and "1" are not.
 *
 * `credit: all` gives 1 or 0. `credit: share` gives the share of leaves (texts, numbers, booleans, nulls, empty lists and objects)
 * that stand at the right path with the right value, out of the larger number of leaves of the two, so that extra ones cost;
 * with `extra_keys: ignore` out of the target's. Returns a number in [0, 1]; 0 for what is no JSON.
 * The answer may stand in a ``` block. Source: ours.
 */
export const jsonMatch = defineReward({
  name: "json_match",
  target: Json.refine((value) => value !== undefined),
  field: "answer",
  options: z.strictObject({
    extract: extractOption(),
    credit: z.enum(["all", "share"]).default("all").describe("all: 1 where every leaf is right, else 0; share: the share of right ones"),
    extra_keys: z.enum(["refuse", "ignore"]).default("refuse").describe("keys of objects that the target lacks"),
    relative_tolerance: z.number().min(0).max(1).default(0).describe("between numbers"),
  }),
  range: [0, 1],
  examples: [
    { completion: '<answer>{"b": [2, 3], "a": 1}</answer>', target: { a: 1, b: [2, 3] }, score: 1 },
    { completion: '<answer>{"b": [2, 4], "a": 1}</answer>', target: { a: 1, b: [2, 3] }, options: { credit: "share" }, score: 2 / 3 },
  ],
  score({ completion, target, options }) {
    const given = parseJson(extract(completion, options.extract) ?? "");
    if (given === undefined) return 0;
    const [wanted, found] = [leaves(target), leaves(given)];
    const right = [...wanted].filter(([path, value]) => found.has(path) && sameLeaf(value, found.get(path), options)).length;
    const extra = options.extra_keys === "refuse" ? found.size : 0;
    const share = right / Math.max(wanted.size, extra);
    return options.credit === "share" ? share : Number(share === 1);
  },
});

/** Every leaf under its path, `["a",0,"b"]`. */
function leaves(value: unknown, path: (string | number)[] = [], found = new Map<string, unknown>()): Map<string, unknown> {
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : isObject(value) ? Object.entries(value) : [];
  if (entries.length === 0) found.set(JSON.stringify(path), Array.isArray(value) ? "[]" : isObject(value) ? "{}" : { leaf: value });
  for (const [key, child] of entries) leaves(child, [...path, key], found);
  return found;
}

function sameLeaf(wanted: unknown, given: unknown, { relative_tolerance }: Options): boolean {
  if (!isObject(wanted) || !isObject(given)) return wanted === given;
  const [a, b] = [wanted.leaf, given.leaf];
  if (typeof a === "number" && typeof b === "number") return a === b || Math.abs(a - b) <= relative_tolerance * Math.abs(a);
  return a === b;
}
