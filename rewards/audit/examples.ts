import { rewards } from "../index.ts";
import type { RewardSpec } from "../options.ts";
import { completionOf } from "../workbench/example.ts";
import type { Way } from "./honest.ts";
import { spellings } from "./values.ts";

/**
 * How the examples of a recipe's rewards write their targets: each with the row's target in place of its own. A value of the same shape, so many
 * boxes or keys, takes the places of the example's; a row of another shape can't be written so. Other answers stand in for a target that is
 * one text or number.
 */
export function exampleWays(specs: readonly RewardSpec[]): Way[] {
  return specs.flatMap(({ name, target: renamed }) => {
    if (name === undefined || !rewards.has(name)) return [];
    const { field, examples = [] } = rewards.get(name);
    return examples.flatMap((example): Way[] => {
      const { target } = example;
      if (target === undefined || example.siblings !== undefined) return [];
      const completion = completionOf(example);
      const own = renamed ?? field;
      return [
        {
          name: `as an example of ${name}`,
          field: own,
          spelling: 0,
          write: ({ fields }, answers) => {
            if (answers === undefined) return rewritten(completion, target, fields[own]);
            return typeof target === "object" ? null : rewritten(completion, target, answers.join(" "));
          },
        },
      ];
    });
  });
}

/** The text with each leaf of one value replaced by that of another of the same shape; null where the shapes differ. */
export function rewritten(text: string, from: unknown, to: unknown): string | null {
  const pairs = leaves(from, to);
  if (pairs === null) return null;
  const table = new Map<string, { others: string[]; seen: number }>();
  for (const [leaf, other] of pairs) {
    const entry = table.get(leaf) ?? { others: [], seen: 0 };
    table.set(leaf, entry);
    entry.others.push(other);
  }
  if (table.size === 0) return text;
  const any = [...table.keys()].sort((a, b) => b.length - a.length).map((leaf) => leaf.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  // whole words and numbers alone: the 1 of a 10 is another number
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${any.join("|")})(?![\\p{L}\\p{N}])`, "gu");
  // leaves that are equal, as the zeros of a box, take their turns
  return text.replace(pattern, (leaf) => {
    const entry = table.get(leaf)!;
    return entry.others[entry.seen++ % entry.others.length]!;
  });
}

function leaves(from: unknown, to: unknown): [string, string][] | null {
  if (Array.isArray(from)) return Array.isArray(to) && from.length === to.length ? joined(from.map((one, i) => leaves(one, to[i]))) : null;
  if (typeof from === "object" && from !== null) {
    if (typeof to !== "object" || to === null || Array.isArray(to)) return null;
    const other = to as Record<string, unknown>;
    if (Object.keys(from).length !== Object.keys(other).length) return null;
    return joined(Object.entries(from).map(([key, one]) => (Object.hasOwn(other, key) ? leaves(one, other[key]) : null)));
  }
  const [a, b] = [spellings(from)[0], spellings(to)[0]];
  if (a === undefined || b === undefined || (typeof to === "object" && to !== null)) return from === to ? [] : null;
  return [[a, b]];
}

function joined(parts: readonly ([string, string][] | null)[]): [string, string][] | null {
  return parts.includes(null) ? null : parts.flatMap((part) => part!);
}
