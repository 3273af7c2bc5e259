import { z } from "zod";
import { defineReward } from "../define.ts";

const Options = z
  .strictObject({
    max_tokens: z.int().min(1).describe("the limit, L"),
    cache: z.int().min(1).describe("how many tokens before the limit the penalty begins, C"),
    form: z
      .enum(["trl", "verl", "ms_swift"])
      .default("trl")
      .describe("trl: -1 past the limit; verl and ms_swift: ever lower, without a floor"),
    factor: z.number().min(0).default(1).describe("scale of the verl and ms_swift forms"),
  })
  .refine(({ cache, max_tokens }) => cache < max_tokens, { path: ["cache"], message: "expected less than max_tokens" })
  .refine(({ form, factor }) => form !== "trl" || factor === 1, { path: ["factor"], message: "goes with verl and ms_swift; use weight" });
type Options = z.infer<typeof Options>;

/**
 * A penalty for the last tokens before the limit and those after it. Reads the number of tokens alone.
 *
 *   trl            0 if n <= L - C; (L - C - n) / C up to L; -1 after it        range [-1, 0]
 *   verl, ms_swift min(factor * (L - C - n) / C, 0), one formula, no floor      range (-infinity, 0]
 *
 * Source: DAPO (arXiv:2503.14476), equation 13; TRL `get_soft_overlong_punishment`; verl's DAPO reward manager; ms-swift `soft_overlong`.
 */
export const softOverlong = defineReward({
  name: "soft_overlong",
  target: z.unknown(),
  field: "answer",
  options: Options,
  examples: [
    { completion: "a", options: { max_tokens: 100, cache: 20 }, tokens: 80, score: 0 },
    { completion: "a", options: { max_tokens: 100, cache: 20 }, tokens: 90, score: -10 / 20 },
  ],
  score: ({ tokens, options }) => softOverlongPenalty(tokens, options),
});

export function softOverlongPenalty(tokens: number, { max_tokens, cache, form, factor }: Options): number {
  const over = tokens - (max_tokens - cache);
  if (over <= 0) return 0;
  if (form === "trl") return tokens > max_tokens ? -1 : -over / cache;
  return factor === 0 ? 0 : (-over / cache) * factor;
}
