import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { itemKey, listItems } from "../text/items.ts";

const Item = z.union([z.string().regex(/\S/, "expected text that is not blank"), z.number()]);

/**
 * Whether the answer puts the target's items in the right order. The answer: a JSON list, lines, or parts between commas or `>`.
 *
 * `exact`: 1 for the same items in the same order, else 0. `kendall`: the share of pairs in the right order, (1 + tau) / 2 with
 * Kendall's tau; a pair of which an item is missing is in the wrong order, and items that are not in the target are left out.
 * Returns a number in [0, 1]; 0 for an unreadable list. A random order of all items has an expected `kendall` of 1/2.
 * Source: Kendall, "A New Measure of Rank Correlation" (1938).
 */
export const ranking = defineReward({
  name: "ranking",
  target: z
    .array(Item)
    .min(2, "expected at least two items")
    .max(200)
    .refine((items) => new Set(items.map((item) => itemKey(String(item)))).size === items.length, "expected each item once"),
  field: "answer",
  options: z.strictObject({
    extract: extractOption(),
    measure: z.enum(["kendall", "exact"]).default("kendall").describe("the share of pairs in order, or 1 for the very same list"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>a > b > c</answer>", target: ["a", "b", "c"], score: 1 },
    { completion: "<answer>a > c > b</answer>", target: ["a", "b", "c"], score: 2 / 3 },
  ],
  score({ completion, target, options }) {
    const wanted = target.map((item) => itemKey(String(item)));
    const given = listItems(extract(completion, options.extract) ?? "");
    const exact = Number(given.length === wanted.length && wanted.every((item, i) => given[i] === item));
    return { score: options.measure === "exact" ? exact : pairsInOrder(wanted, given), metrics: { exact } };
  },
});

/** Share of the pairs of `wanted` that stand in that order in `given`. */
export function pairsInOrder(wanted: string[], given: string[]): number {
  const placeOf = new Map(given.map((item, i) => [item, i]));
  const places = wanted.map((item) => placeOf.get(item) ?? -1);
  let right = 0;
  for (const [i, first] of places.entries()) {
    for (const second of places.slice(i + 1)) if (first >= 0 && second > first) right++;
  }
  return right / ((wanted.length * (wanted.length - 1)) / 2);
}
