import { z } from "zod";
import { defineReward } from "../define.ts";
import { TagName, tagBlocks } from "./tags.ts";

/**
 * 1 where the policy wrote at least one complete block of each of these tags, in whatever order and with anything around them, else 0. What the
 * environment wrote does not count. The target is not read. Source: VRAG-RL (arXiv:2505.22019), the pattern that gates its sum.
 */
export const hasTags = defineReward({
  name: "has_tags",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: z.strictObject({ tags: z.array(TagName).min(1).default(["search", "answer"]).describe("the tags that have to be there") }),
  examples: [
    { completion: "<search>cats</search> then <answer>a cat</answer>", score: 1 },
    { completion: "<answer>a cat</answer>", score: 0 },
  ],
  score: ({ completion, options }) => (options.tags.every((tag) => tagBlocks(completion, [tag]).blocks.length > 0) ? 1 : 0),
});
