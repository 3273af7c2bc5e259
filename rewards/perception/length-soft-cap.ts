import { z } from "zod";
import { defineReward } from "../define.ts";

/**
 * The share of the key words that stand in the completion, as parts of words too, case ignored. Target: a list; 0 where it is empty.
 * Returns [0, 1]. Source: PeBR-R1 (arXiv:2509.13031), stage 1.
 */
export const keywordRecall = defineReward({
  name: "keyword_recall",
  target: z.array(z.string().regex(/\S/, "expected text that is not blank")).max(256),
  field: "key_word",
  score({ completion, target }) {
    if (target.length === 0) return 0;
    const text = completion.toLowerCase();
    return target.filter((word) => text.includes(word.toLowerCase())).length / target.length;
  },
});

/**
 * 1 where all the headings stand in the completion, in any order and case, else 0. The target is not read.
 * Source: PeBR-R1 (arXiv:2509.13031), both stages.
 */
export const headingsFormat = defineReward({
  name: "headings_format",
  target: z.unknown(),
  field: "answer",
  options: z.strictObject({
    headings: z
      .array(z.string().min(1))
      .min(1)
      .default(["### Image Description:", "### Rationales:", "### Step 1:", "### The final answer is:"]),
  }),
  score({ completion, options }) {
    const text = completion.toLowerCase();
    return options.headings.every((heading) => text.includes(heading.toLowerCase())) ? 1 : 0;
  },
});

/**
 * 1 up to `tokens` sampled tokens, then tokens / (sampled + 1e-5): a soft cap on length. Returns (0, 1]. The target is not read.
 * Source: PeBR-R1 (arXiv:2509.13031), stage 1, 512 tokens.
 */
export const lengthSoftCap = defineReward({
  name: "length_soft_cap",
  target: z.unknown(),
  field: "answer",
  options: z.strictObject({ tokens: z.int().min(1).default(512) }),
  score: ({ tokens, options }) => (tokens <= options.tokens ? 1 : options.tokens / (tokens + 1e-5)),
});
