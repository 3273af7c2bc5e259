import { z } from "zod";

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
