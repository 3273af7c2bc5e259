import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { itemKey, listItems } from "../text/items.ts";

/**
 * How far the answer's list is the target's set: order and repeats do not count, case and white space neither.
 *
 * With h items in both, p = h / given and r = h / wanted: `precision` p, `recall` r, `f1` 2pr / (p + r), `jaccard` h / (in either),
 * `exact` 1 for the same set. Returns a number in [0, 1]; 0 for an empty or unreadable list.
 * `recall` alone pays for listing everything, `precision` alone for naming only what is sure. Source: van Rijsbergen (1979).
 */
export const itemSet = defineReward({
  name: "item_set",
  target: z.array(z.union([z.string().regex(/\S/, "expected text that is not blank"), z.number()])).min(1, "expected at least one item"),
  field: "answer",
  options: z.strictObject({
    extract: extractOption(),
    measure: z
      .enum(["f1", "precision", "recall", "jaccard", "exact"])
      .default("f1")
      .describe("precision, recall, their harmonic mean, shared over all items, or 1 for the same set"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>dog, cat</answer>", target: ["cat", "dog"], score: 1 },
    { completion: "<answer>dog, cat, bird</answer>", target: ["cat", "dog"], score: 0.8 },
  ],
  score({ completion, target, options }) {
    const given = new Set(listItems(extract(completion, options.extract) ?? ""));
    const wanted = new Set(target.map((item) => itemKey(String(item))));
    const hits = [...given].filter((item) => wanted.has(item)).length;
    if (hits === 0) return 0;
    const [precision, recall] = [hits / given.size, hits / wanted.size];
    const measures = {
      precision,
      recall,
      f1: (2 * precision * recall) / (precision + recall),
      jaccard: hits / (given.size + wanted.size - hits),
      exact: Number(precision === 1 && recall === 1),
    };
    return { score: measures[options.measure], metrics: { precision, recall } };
  },
});
