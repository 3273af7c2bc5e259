import { z } from "zod";

/** Fields of a grpo stage about the divergence to the reference policy. */
export const klFields = {
  kl_coef: z.number().min(0).default(0).describe("weight of the penalty to the reference policy; at 0 none is kept"),
  kl_in: z
    .enum(["loss", "reward"])
    .default("loss")
    .describe("a term of the loss, or taken from the reward before advantages are made, at the logprobs of the old policy"),
  kl_estimator: z
    .enum(["k1", "k2", "k3", "abs", "k1+", "k3+", "abs+"])
    .default("k3")
    .describe("how it is estimated; + has the gradient of k2"),
  kl_limit: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe("bound on each token's estimate, and 20 on its log ratio; verl: 10; null has none"),
  kl_bias_correction: z.boolean().default(false).describe("multiply each token's estimate by the ratio to the old policy"),
  kl_target: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe("mean KL of a rollout batch that kl_coef is steered to after every step; null keeps kl_coef"),
  kl_horizon: z.number().gt(0).default(10_000).describe("rollouts over which the steering acts"),
  reference: z
    .enum(["start", "base"])
    .default("start")
    .describe("which policy kl_coef holds to: the one that the stage starts from, or the model without its adapter"),
};
