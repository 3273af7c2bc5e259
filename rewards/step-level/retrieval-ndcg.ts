import { z } from "zod";
import { defineReward } from "../define.ts";
import { normalisedGain } from "../verifiable/ndcg.ts";

const MAX_IDS = 10_000;

/**
 * How early the environment brought what was looked for: NDCG over the ids that its turns log, in the order in which they came, an id that comes
 * again the first time only. `log` names the entry: an id, or a list of them.
 *
 *   DCG = sum over places i = 1, 2, … of rel_i / log2(i + 1), rel_i 1 for a gold id;  NDCG = DCG / (DCG of all gold ids first)
 *
 * Target: the gold ids. Returns [0, 1]; 0 where nothing was retrieved. What the policy wrote is not read. Metric: `retrieved`.
 * Source: VRAG-RL (arXiv:2505.22019), the retrieval reward; `ndcg` is the same of a list in the answer.
 */
export const retrievalNdcg = defineReward({
  name: "retrieval_ndcg",
  target: z.array(z.string().min(1)).min(1, "expected at least one id"),
  field: "documents",
  range: [0, 1],
  options: z.strictObject({
    log: z.string().min(1).default("documents").describe("the entry of the environment's log that holds the ids of a turn"),
    file_names: z.boolean().default(false).describe("ids are file names: what is before the last dot counts"),
  }),
  examples: [
    {
      completion: [
        ["policy", "<search>cats</search>"],
        ["observation", "two pages", { documents: ["b", "a"] }],
      ],
      target: ["a", "b"],
      score: 1,
    },
    {
      completion: [
        ["policy", "<search>cats</search>"],
        ["observation", "two pages", { documents: ["x", "a"] }],
      ],
      target: ["a"],
      score: 1 / Math.log2(3),
    },
    { completion: "<search>cats</search>", target: ["a"], score: 0 },
  ],
  score({ turns, target, options: { log: entry, file_names } }) {
    const key = (id: string) => (file_names ? id.replace(/\.[^./]*$/, "") : id);
    const logged = turns.flatMap(({ role, log }) => (role === "observation" ? idsOf(log?.[entry]) : []));
    const retrieved = [...new Set(logged.slice(0, MAX_IDS).map(key))];
    const gold = new Set(target.map(key));
    const score = normalisedGain(
      retrieved.map((id) => Number(gold.has(id))),
      [...gold].map(() => 1),
    );
    return { score: Math.min(1, score), metrics: { retrieved: retrieved.length } };
  },
});

function idsOf(logged: unknown): string[] {
  return (Array.isArray(logged) ? logged : [logged]).flatMap((id) =>
    typeof id === "string" || typeof id === "number" ? [String(id)] : [],
  );
}
