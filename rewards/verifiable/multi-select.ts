import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";

/**
 * Which of N options were selected, each selection and each rejection counting the same: 1 - (1/N) * sum of |y_i - given_i|.
 *
 * Target: indices of the true options, from 0, none twice. The row's `options_field` holds the N options; a row without them,
 * or with an index beyond them, is an error. The answer is a list of indices or of letters (A is 0): `[0, 3]`, `0, 3`, `A and D`, `none`.
 * Returns a number in [0, 1]; 0 where nothing can be read as a selection: it must not count as "nothing selected", which earns.
 * A repeated option is selected once. An option that is not there makes the answer unreadable.
 * Source: RS-EoT (arXiv:2511.22396), stage 2. With `exact: true` 1 for exactly the true ones, else 0.
 */
export const multiSelect = defineReward({
  name: "multi_select",
  target: z.array(z.int().min(0)).refine((all) => new Set(all).size === all.length, "expected each index once"),
  field: "labels",
  options: z.strictObject({
    extract: extractOption(),
    options_field: z.string().min(1).default("options").describe("the example's field with the list of options"),
    exact: z.boolean().default(false).describe("no partial credit"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>A and D</answer>", target: [0, 3], fields: { options: ["red", "green", "blue", "grey"] }, score: 1 },
    { completion: "<answer>A</answer>", target: [0, 3], fields: { options: ["red", "green", "blue", "grey"] }, score: 3 / 4 },
  ],
  score({ completion, target, options, example }) {
    const all = example[options.options_field];
    if (!Array.isArray(all) || all.length === 0) throw new Error(`the row's ${options.options_field} is not a list of options`);
    if (target.some((index) => index >= all.length)) throw new Error(`a label lies beyond the ${all.length} options`);
    const given = selection(extract(completion, options.extract) ?? "", all.length);
    if (given === null) return 0;
    const truth = new Set(target);
    const wrong = all.filter((_, i) => truth.has(i) !== given.has(i)).length;
    const score = options.exact ? Number(wrong === 0) : 1 - wrong / all.length;
    return { score, metrics: { exact: Number(wrong === 0), selected: given.size } };
  },
});

const MAX_LENGTH = 2000;

/** The selected indices, or null for what is no list of indices, or of letters, below `count`. */
export function selection(text: string, count: number): Set<number> | null {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH) return null;
  const bare = trimmed.replace(/^[[({]|[\])}.]$/g, "").trim();
  if (/^(?:none|no option|nothing)$/i.test(bare)) return new Set();
  if (bare === "") return trimmed.length > 1 ? new Set() : null; // [] is a selection, a blank is none
  const pieces = bare.split(/[\s,;]/).filter((piece) => piece !== "" && piece.toLowerCase() !== "and");
  const indices = pieces.map((piece) => index(piece.replace(/^["'(]|["').]$/g, "")));
  return indices.every((at) => at !== null && at < count) ? new Set(indices as number[]) : null;
}

function index(piece: string): number | null {
  if (/^[0-9]{1,4}$/.test(piece)) return Number(piece);
  return /^[A-Za-z]$/.test(piece) ? piece.toUpperCase().charCodeAt(0) - 65 : null;
}
