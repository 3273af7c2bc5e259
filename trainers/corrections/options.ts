import { z } from "zod";

/** A bound on how far the trainer's logprobs of a completion may be from the sampler's. */
export const RejectRule = z
  .strictObject({
    rule: z
      .enum([
        "token_k1",
        "token_k2",
        "token_k3",
        "seq_sum_k1",
        "seq_sum_k2",
        "seq_sum_k3",
        "seq_mean_k1",
        "seq_mean_k2",
        "seq_mean_k3",
        "seq_max_k2",
        "seq_max_k3",
      ])
      .describe("what is bounded, of each token or of the completion; verl's names"),
    lower: z.number().gt(0).nullable().default(null).describe("least ratio for k1; null takes 1 / upper"),
    upper: z.number().gt(0).describe("largest ratio for k1, largest divergence for k2 and k3"),
  })
  .refine(({ rule, lower }) => lower === null || rule.endsWith("k1"), {
    message: "expected null: only k1 is bounded from below",
    path: ["lower"],
  });
export type RejectRule = z.infer<typeof RejectRule>;

/** Fields of a grpo stage about the gap between sampler and trainer, and between old policy and current one. */
export const correctionFields = {
  old_logprobs: z
    .enum(["sampled", "recomputed"])
    .default("sampled")
    .describe("the old policy's logprobs: the sampler's, or the trainer's own from a forward pass before the first update"),
  correction: z
    .enum(["none", "truncate", "mask"])
    .default("none")
    .describe("importance weights old / sampler on the policy term: bounded, or 0 outside of the bounds"),
  correction_level: z
    .enum(["token", "sequence", "sequence_mean"])
    .default("token")
    .describe("of each token, of the completion (a product, which long ones rarely survive), or its geometric mean"),
  correction_low: z.number().min(0).nullable().default(null).describe("least weight; null has no such bound"),
  correction_high: z.number().gt(0).default(2).describe("largest weight"),
  correction_normalize: z.boolean().default(false).describe("divide the weights by their mean over the update"),
  reject: z.array(RejectRule).default([]).describe("tokens or completions that fail one of these are masked"),
  off_policy_threshold: z
    .number()
    .nullable()
    .default(null)
    .describe("completions whose mean sampler - current logprob is above lose their tokens of negative advantage; null keeps all"),
  ratio_check: z
    .enum(["warn", "error", "off"])
    .default("warn")
    .describe("what happens where the first update of a step finds another policy than the one that sampled: a mean ratio off 1 by 1e-5"),
};

export const CorrectionFields = z.object(correctionFields);
export type CorrectionOptions = z.infer<typeof CorrectionFields>;
