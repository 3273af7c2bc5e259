import { z } from "zod";

/** How tokens are drawn. Names and meanings are transformers' own; `stop_strings` end a completion once its text holds one. */
export const Sampling = z.strictObject({
  temperature: z.number().min(0).max(10).default(1).describe("0 is greedy"),
  top_k: z.int().min(0).default(0).describe("0 keeps every token"),
  top_p: z.number().gt(0).max(1).default(1),
  min_p: z.number().min(0).max(1).default(0),
  max_new_tokens: z.int().min(1).default(64),
  stop_strings: z.array(z.string().min(1)).default([]),
});
export type Sampling = z.infer<typeof Sampling>;
