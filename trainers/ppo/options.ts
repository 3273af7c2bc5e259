import { z } from "zod";
import { Optimizer } from "../optimizer-options.ts";
import { Sampling } from "../sampling-options.ts";
import { StageRewards } from "../stage-rewards.ts";

/** The value head that a ppo stage trains beside its policy. */
export const Critic = z.strictObject({
  coef: z.number().gt(0).default(0.1).describe("weight of the value loss beside the policy's"),
  clip: z.number().gt(0).nullable().default(0.2).describe("how far a value may step from the old one; null sets no limit"),
});

export const PpoStage = z.strictObject({
  name: z.string().regex(/^[a-z0-9_-]+$/, "lower case letters, digits, - and _"),
  kind: z.literal("ppo"),
  steps: z.int().min(1).describe("rollout batches"),
  batch_size: z.int().min(1).default(64).describe("prompts in one step, a completion of each"),
  minibatches: z.int().min(1).default(1).describe("optimizer steps per pass over a rollout batch; it is split into this many parts"),
  epochs: z.int().min(1).default(4).describe("passes over a rollout batch"),
  micro_batch_size: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("completions in one forward and backward pass; null takes the whole minibatch"),
  sampling: Sampling.prefault({}),
  rewards: StageRewards,
  critic: Critic.prefault({}).describe("a value head on the policy's last hidden state; its parameters' names hold value_head"),
  gamma: z.number().min(0).max(1).default(1).describe("what a reward counts one token earlier"),
  lambda: z.number().min(0).max(1).default(0.95).describe("how far advantages trust rewards rather than values: 1 wholly"),
  whiten: z.boolean().default(true).describe("advantages less their mean, divided by their standard deviation over the batch's tokens"),
  clip_low: z.number().min(0).default(0.2).describe("the ratio to the old policy is clipped to 1 - clip_low"),
  clip_high: z.number().min(0).default(0.2).describe("and to 1 + clip_high"),
  kl_coef: z.number().min(0).default(0.05).describe("each token pays so much times its log-ratio to the reference; at 0 none is kept"),
  reference: z.enum(["start", "base"]).default("start").describe("the policy that the stage starts from, or the model without its adapter"),
  optimizer: Optimizer.prefault({}),
  eval_every: z.int().min(0).default(0).describe("steps between evaluations on the way; 0 evaluates at the end only"),
  save_every: z.int().min(0).default(0).describe("steps between checkpoints; 0 saves at the end only"),
});
export type PpoStage = z.infer<typeof PpoStage>;
