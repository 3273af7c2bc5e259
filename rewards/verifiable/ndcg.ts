import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { itemKey, listItems } from "../text/items.ts";

const Gains = z
  .record(z.string().min(1), z.number().min(0).max(20))
  .refine((gains) => Object.values(gains).some((gain) => gain > 0), "expected at least one gain above 0");

/**
 * Normalised discounted cumulative gain of the answer's ranked list: how early what is relevant comes.
 *
 *   DCG = sum over places i = 1, 2, … of (2^rel_i - 1) / log2(i + 1);  NDCG = DCG / (DCG of the best order)
 *
 * Target: the relevant ids (rel 1 each), or an object of ids with their rel. An id that comes again counts the first time only,
 * and takes no further place. Returns a number in [0, 1]; 0 for an empty or unreadable list.
 * Source: the retrieval reward of VRAG-RL (arXiv:2505.22019); Burges et al. (2005) for the gains.
 */
export const ndcg = defineReward({
  name: "ndcg",
  target: z.union([
    z
      .array(z.string().min(1))
      .min(1, "expected at least one id")
      .transform((ids) => Object.fromEntries(ids.map((id) => [id, 1]))),
    Gains,
  ]) as z.ZodType<Record<string, number>>,
  field: "answer",
  options: z.strictObject({
    extract: extractOption(),
    cutoff: z.int().min(1).optional().describe("only so many places count"),
    file_names: z.boolean().default(false).describe("ids are file names: what is before the last dot counts"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>a, b</answer>", target: ["a", "b"], score: 1 },
    { completion: "<answer>a, c, b</answer>", target: ["a", "b"], score: (1 + 1 / 2) / (1 + 1 / Math.log2(3)) },
  ],
  score({ completion, target, options: { extract: from, cutoff, file_names } }) {
    const key = (id: string) => (file_names ? itemKey(id).replace(/\.[^./]*$/, "") : itemKey(id));
    const given = [...new Set(listItems(extract(completion, from) ?? "").map(key))];
    const gains = new Map(Object.entries(target).map(([id, gain]) => [key(id), gain]));
    return normalisedGain(
      given.map((id) => gains.get(id) ?? 0),
      [...gains.values()],
      cutoff,
    );
  },
});

/** NDCG of relevances in the order given, against all the relevances there are. */
export function normalisedGain(given: number[], all: number[], cutoff = Number.POSITIVE_INFINITY): number {
  const best = [...all].sort((a, b) => b - a);
  return discounted(given.slice(0, cutoff)) / discounted(best.slice(0, cutoff));
}

function discounted(relevances: number[]): number {
  return relevances.reduce((sum, rel, i) => sum + (2 ** rel - 1) / Math.log2(i + 2), 0);
}
