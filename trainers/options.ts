import { z } from "zod";
import { advantageFields } from "./advantages/options.ts";
import { klFields } from "./kl/options.ts";
import { lossFields } from "./losses/options.ts";

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

export const Muon = z.strictObject({
  lr: z.number().gt(0).default(0.01).describe("reaches its value and falls as the other lr does"),
  momentum: z.number().min(0).lt(1).default(0.95),
  ns_steps: z.int().min(1).max(10).default(5).describe("Newton-Schulz iterations that make an update orthogonal"),
  weight_decay: z.number().min(0).default(0),
});

/** The last part of a `wsd` schedule. */
export const Decay = z.strictObject({
  steps: z.int().min(1).describe("optimizer steps at the end of the stage over which the rate falls"),
  shape: z.enum(["cosine", "linear", "1-sqrt"]).default("cosine"),
});
export type Decay = z.infer<typeof Decay>;

/** What AdamW and its schedule do unless told otherwise. */
const LR = 1e-6;
const BETAS = [0.9, 0.999] as const;
const EPS = 1e-8;

/** Adafactor's own numbers; the defaults are those that transformers' Trainer gives it. */
export const Adafactor = z
  .strictObject({
    eps: z
      .tuple([z.number().gt(0), z.number().gt(0)])
      .default([1e-30, 1e-3])
      .describe("added to the squares of gradients, and the least scale of a parameter"),
    clip_threshold: z.number().gt(0).default(1).describe("the most that an update's root mean square may be"),
    decay_rate: z.number().lt(0).default(-0.8).describe("the mean of squares of step t keeps 1 - t^decay_rate of the one before"),
    beta1: z.number().min(0).lt(1).nullable().default(null).describe("decay of a mean of updates; null keeps none"),
    scale_parameter: z.boolean().default(false).describe("multiply the rate by the parameter's root mean square"),
    relative_step: z.boolean().default(false).describe("a rate of 1 / sqrt(t), at most 0.01, in place of lr and its schedule"),
    warmup_init: z.boolean().default(false).describe("with relative_step: at most t / 1e6"),
  })
  .refine(({ relative_step, warmup_init }) => relative_step || !warmup_init, {
    path: ["warmup_init"],
    message: "expected relative_step beside it",
  });

/** AdamW or Adafactor, with Muon beside it if asked for, the schedule of both and the clipping of the gradient. */
export const Optimizer = z
  .strictObject({
    kind: z.enum(["adamw", "adafactor"]).default("adamw"),
    lr: z.number().gt(0).default(LR),
    schedule: z
      .enum(["constant", "linear", "cosine", "wsd"])
      .default("constant")
      .describe("what follows the warm-up: lr, a line or half a cosine down, or (warm-up, stable, decay) lr and a way down at the end"),
    warmup_steps: z.int().min(0).default(0),
    min_lr_ratio: z.number().min(0).max(1).default(0).describe("where the way down ends, as a share of lr"),
    decay: Decay.nullable().default(null).describe("how wsd ends; other schedules have none"),
    betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([...BETAS]),
    eps: z.number().gt(0).default(EPS),
    weight_decay: z.number().min(0).default(0),
    no_decay: z
      .array(z.string().min(1))
      .default([])
      .describe("weight_decay leaves parameters alone whose names hold one of these; transformers' own choice would be [bias, norm]"),
    max_grad_norm: z.number().min(0).default(1).describe("0 does not clip"),
    lr_scale: z
      .record(z.string(), z.number().min(0))
      .default({})
      .describe("factors on lr for parameters whose name holds the key; the first key that fits counts, 0 freezes"),
    muon: Muon.nullable().default(null).describe("trains the matrices of the model's blocks; null leaves them to AdamW with the rest"),
    adafactor: Adafactor.nullable().default(null).describe("the numbers of kind: adafactor, {} for their defaults"),
  })
  .refine(({ kind, adafactor }) => (kind === "adafactor") === (adafactor !== null), {
    path: ["adafactor"],
    message:
      "expected with kind adafactor, and only there: give adafactor {}, with what is to be another than its default, or leave it out",
  })
  .refine(({ kind, betas, eps }) => kind === "adamw" || (betas.join() === BETAS.join() && eps === EPS), {
    path: ["betas"],
    message: "betas and eps are AdamW's: leave them out, or give adafactor { beta1, eps }",
  })
  .refine(
    ({ adafactor, lr, schedule, warmup_steps }) =>
      !adafactor?.relative_step || (lr === LR && schedule === "constant" && warmup_steps === 0),
    { path: ["adafactor", "relative_step"], message: "the rate is its own then: leave lr, schedule and warmup_steps out" },
  )
  .refine(({ no_decay, weight_decay, muon }) => no_decay.length === 0 || weight_decay > 0 || (muon?.weight_decay ?? 0) > 0, {
    path: ["no_decay"],
    message: "no weight decays: leave no_decay out, or give a weight_decay",
  })
  .refine(({ schedule, decay }) => (schedule === "wsd") === (decay !== null), {
    path: ["decay"],
    message: "expected with schedule wsd, and only there: give decay { steps, shape }, or leave it out",
  })
  .refine(({ schedule, min_lr_ratio }) => schedule !== "constant" || min_lr_ratio === 0, {
    path: ["min_lr_ratio"],
    message: "a constant schedule never goes down: leave min_lr_ratio out, or choose another schedule",
  });
export type Optimizer = z.infer<typeof Optimizer>;

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
  steps: z.int().min(1).describe("rollout batches"),
  groups_per_step: z.int().min(1).default(16).describe("prompts in one step"),
  group_size: z.int().min(2, "expected 2 or more: with one completion per prompt every advantage is 0").default(8),
  minibatches: z.int().min(1).default(1).describe("optimizer steps per pass over a rollout batch; it is split into this many parts"),
  epochs: z.int().min(1).default(1).describe("passes over a rollout batch"),
  micro_batch_groups: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("groups in one forward and backward pass; null takes the whole minibatch"),
  sampling: Sampling.prefault({}),
  advantage: z.string().default("group_mean").describe("how rewards become advantages"),
  ...advantageFields,
  loss: z.string().default("grpo").describe("what is minimised at each token"),
  ...lossFields,
  aggregation: z
    .enum(["token", "sequence"])
    .default("token")
    .describe("mean over tokens of the batch, or over sequences of their token means"),
  ...klFields,
  optimizer: Optimizer.prefault({}),
  eval_every: z.int().min(0).default(0),
  save_every: z.int().min(0).default(0),
});
export type GrpoStage = z.infer<typeof GrpoStage>;

export const Stage = z.discriminatedUnion("kind", [SftStage, GrpoStage]);
export type Stage = z.infer<typeof Stage>;

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
