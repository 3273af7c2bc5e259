import { z } from "zod";
import { defineReward } from "../define.ts";

/**
 * 1 up to `tokens` sampled tokens, then tokens / (sampled + 1e-5): a soft cap on length. Returns (0, 1]. The target is not read.
 * Source: PeBR-R1 (arXiv:2509.13031), stage 1, 512 tokens.
 */
export const lengthSoftCap = defineReward({
  name: "length_soft_cap",
  target: z.unknown(),
  field: "answer",
  options: z.strictObject({ tokens: z.int().min(1).default(512).describe("the length up to which 1 is paid") }),
  range: [0, 1],
  examples: [
    { completion: "short", tokens: 512, score: 1 },
    { completion: "long", tokens: 1024, score: 512 / 1024.00001 },
  ],
  score: ({ tokens, options }) => (tokens <= options.tokens ? 1 : options.tokens / (tokens + 1e-5)),
});
