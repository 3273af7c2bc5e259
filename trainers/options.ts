import { z } from "zod";
import { advantageFields } from "./advantages/options.ts";
import { correctionFields } from "./corrections/options.ts";
import { GroupFilter } from "./filters/groups.ts";
import { klFields } from "./kl/options.ts";
import { lossFields } from "./losses/options.ts";
import { Optimizer } from "./optimizer-options.ts";
import { PpoStage } from "./ppo/options.ts";
import { DpoStage } from "./preference/options.ts";
import { Replay } from "./replay.ts";
import { Sampling } from "./sampling-options.ts";
import { StageRewards } from "./stage-rewards.ts";

export type { Optimizer } from "./optimizer-options.ts";
export { DpoStage, PpoStage, Sampling };

/** A part of a response whose tokens weigh more, or less, in the loss. */
export const Emphasis = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .superRefine((pattern, context) => {
      try {
        new RegExp(pattern, "gu");
      } catch (error) {
        context.addIssue({ code: "custom", message: `expected a regular expression: ${(error as Error).message}` });
      }
    })
    .describe("a regular expression; every match in the response is meant"),
  weight: z.number().min(0).describe("of each token that the match touches, where others weigh 1"),
});
export type Emphasis = z.infer<typeof Emphasis>;

/** Where an SFT stage looks for the response unless told otherwise. */
const RESPONSE_FIELD = "trace";

export const SftStage = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9_-]+$/, "lower case letters, digits, - and _"),
    kind: z.literal("sft"),
    steps: z.int().min(1),
    batch_size: z.int().min(1).default(16).describe("examples in one optimizer step"),
    micro_batch_size: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe("examples in one forward and backward pass; null takes the whole batch"),
    response_field: z
      .string()
      .default(RESPONSE_FIELD)
      .describe("the example field that holds the response to learn, behind the environment's prompt"),
    messages_field: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("the example field that holds a whole conversation in its place: a list of { role, content }, the last one an answer"),
    train_on: z
      .enum(["completion", "assistant", "all"])
      .default("completion")
      .describe("the last answer, every answer (what users say in between is context), or the prompt too"),
    loss: z.enum(["cross_entropy", "dft"]).default("cross_entropy").describe("dft weighs every token by its probability"),
    aggregation: z
      .enum(["token", "sequence"])
      .default("token")
      .describe("mean over the batch's tokens, or over examples of their tokens' means"),
    packing: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe("several examples share a row of so many tokens, where each sees itself alone; text only; does not change the update"),
    emphasis: z
      .array(Emphasis)
      .default([])
      .describe("parts of the response that count more in the loss; where several match a token, the last"),
    optimizer: Optimizer.prefault({}),
    eval_every: z.int().min(0).default(0).describe("steps between evaluations on the way; 0 evaluates at the end only"),
    save_every: z.int().min(0).default(0).describe("steps between checkpoints; 0 saves at the end only"),
  })
  .refine(({ messages_field, response_field }) => messages_field === null || response_field === RESPONSE_FIELD, {
    path: ["response_field"],
    message: "not read beside messages_field, which holds the answers too: leave one of them out",
  });
export type SftStage = z.infer<typeof SftStage>;

export const GrpoStage = z.strictObject({
  name: z.string().regex(/^[a-z0-9_-]+$/, "lower case letters, digits, - and _"),
  kind: z.literal("grpo"),
  compat: z
    .enum(["none", "trl", "verl"])
    .default("none")
    .describe("fields that are not given are what this trainer takes, where it differs"),
  steps: z.int().min(1).describe("rollout batches"),
  groups_per_step: z.int().min(1).default(16).describe("prompts in one step"),
  group_size: z.int().min(2, "expected 2 or more: with one completion per prompt every advantage is 0").default(8),
  minibatches: z.int().min(1).default(1).describe("optimizer steps per pass over a rollout batch; it is split into this many parts"),
  epochs: z.int().min(1).default(1).describe("passes over a rollout batch"),
  staleness: z
    .int()
    .min(0)
    .max(8)
    .default(0)
    .describe("steps between sampling a step's groups and training on them: they are by a policy that much behind"),
  micro_batch_groups: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("groups in one forward and backward pass; null takes the whole minibatch"),
  sampling: Sampling.prefault({}),
  rewards: StageRewards,
  filter: GroupFilter.nullable()
    .default(null)
    .describe("which groups are learned from, others being sampled in place of the rest; null takes all"),
  replay: Replay.nullable().default(null).describe("groups of earlier steps that each step trains on again; null has none"),
  mask_truncated: z.boolean().default(false).describe("nothing is learned from completions that reached the token limit"),
  compare_truncated: z.boolean().default(true).describe("but their rewards count among their siblings'"),
  advantage: z.string().default("group_mean").describe("how rewards become advantages"),
  ...advantageFields,
  loss: z.string().default("grpo").describe("what is minimised at each token"),
  ...lossFields,
  aggregation: z.string().default("token_mean").describe("how the losses of tokens become one number"),
  aggregation_length: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("the constant length of dr_grpo and sequence_mean_token_sum_norm; null takes sampling.max_new_tokens"),
  count_masked: z.boolean().default(true).describe("completions that are masked whole count where completions are averaged over"),
  ...klFields,
  entropy_coef: z.number().min(0).max(1).default(0).describe("weight of the bonus for entropy; where it is steered, its start"),
  entropy_aggregation: z
    .enum(["token_mean", "loss"])
    .default("token_mean")
    .describe("the mean over the tokens that top_entropy keeps, or weights as the policy term's aggregation has them"),
  entropy_target: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe("nats; below it entropy_coef grows by entropy_step after every update, above it falls and is not applied; null keeps it"),
  entropy_step: z.number().gt(0).default(0.005).describe("by how much"),
  top_entropy: z.number().gt(0).max(1).default(1).describe("only so many of the tokens learn: those of the highest entropy"),
  ...correctionFields,
  optimizer: Optimizer.prefault({}),
  eval_every: z.int().min(0).default(0),
  save_every: z.int().min(0).default(0),
});
export type GrpoStage = z.infer<typeof GrpoStage>;

export const Stage = z.discriminatedUnion("kind", [SftStage, GrpoStage, DpoStage, PpoStage]);
export type Stage = z.infer<typeof Stage>;

export const STAGE_KINDS = ["sft", "grpo", "dpo", "ppo"] as const satisfies Stage["kind"][];

/** How a policy is judged on held-out rows. */
export const Evaluation = z.strictObject({
  rows: z.int().min(1).default(1000),
  samples: z.int().min(1).default(1).describe("completions of each prompt, for pass@k"),
  sampling: Sampling.prefault({ temperature: 0 }),
  correct: z.string().nullable().default(null).describe("the reward whose score of 1 counts as an exact answer; null takes the first one"),
  initial: z.boolean().default(false).describe("evaluate once before the first stage too"),
});
export type Evaluation = z.infer<typeof Evaluation>;

/** What is kept of a run's checkpoints. */
export const Retention = z.strictObject({
  keep_last: z.int().min(1).default(2),
  keep_best: z.int().min(0).default(1),
  metric: z.string().default("accuracy").describe("the evaluation's number that says which is best"),
});
export type Retention = z.infer<typeof Retention>;
