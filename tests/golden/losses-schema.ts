import { z } from "zod";

/** The parts of a losses' `golden.json` that are checked here; made by TRL's and verl's own functions, see its `provenance`. */
const perToken = z.array(z.array(z.number()));
const options = z.record(z.string(), z.json());

export const LossGolden = z.object({
  inputs: z.object({
    groups: z.array(z.number()),
    max_completion_length: z.number(),
    logprobs: perToken,
    old_logprobs: perToken,
    ref_logprobs: perToken,
    sampling_logprobs: perToken,
    entropy: perToken,
    advantages: z.array(z.number()),
    rewards: z.array(z.number()),
    two_rewards: z.array(z.array(z.number().nullable())),
    two_reward_weights: z.array(z.number()),
    values: perToken,
  }),
  advantages: z.array(
    z.object({ name: z.string(), options, level: z.enum(["sequence", "token"]), values: z.union([perToken, z.array(z.number())]) }),
  ),
  losses: z.array(z.object({ name: z.string(), options, loss: z.number(), gradient: perToken, metrics: z.record(z.string(), z.number()) })),
  kl: z.array(
    z.object({
      name: z.string(),
      estimator: z.string(),
      loss_agg_mode: z.string(),
      value: z.number(),
      gradient: perToken.optional(),
    }),
  ),
  off_policy: z.object({ values: z.record(z.string(), z.number()) }),
  value_loss: z.object({
    options: z.object({ cliprange_value: z.number() }),
    old_values: perToken,
    new_values: perToken,
    returns: perToken,
    loss: z.number(),
    clip_fraction: z.number(),
  }),
});
export type LossGolden = z.infer<typeof LossGolden>;
export type GoldenOptions = LossGolden["losses"][number]["options"];
