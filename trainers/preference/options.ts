import { z } from "zod";
import { Optimizer } from "../optimizer-options.ts";
import { preferenceLosses } from "./losses.ts";

const names = preferenceLosses.names as [string, ...string[]];

/** What a preference loss reads besides the pairs, by the names that the stage has for it. */
export const PREFERENCE_DEFAULTS = { beta: 0.1, label_smoothing: 0, discopop_tau: 0.05 } as const;

export const DpoStage = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9_-]+$/, "lower case letters, digits, - and _"),
    kind: z.literal("dpo"),
    steps: z.int().min(1).describe("optimizer steps"),
    batch_size: z.int().min(1).default(16).describe("pairs in one optimizer step"),
    micro_batch_size: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe("pairs in one forward and backward pass; null takes the whole batch"),
    chosen_field: z
      .string()
      .min(1)
      .default("chosen")
      .describe("the example field with the better answer: a text, or messages of several turns"),
    rejected_field: z.string().min(1).default("rejected").describe("the one with the worse answer"),
    losses: z
      .array(z.strictObject({ name: z.enum(names), weight: z.number().gt(0).default(1) }))
      .min(1)
      .default([{ name: "sigmoid", weight: 1 }])
      .describe("loss = sum of weight * loss"),
    beta: z.number().gt(0).default(PREFERENCE_DEFAULTS.beta).describe("how closely the reference is held to: larger is closer"),
    label_smoothing: z
      .number()
      .min(0)
      .lt(0.5)
      .default(PREFERENCE_DEFAULTS.label_smoothing)
      .describe("share of pairs that are taken to be the wrong way round (robust, exo_pair, aot, aot_unpaired)"),
    discopop_tau: z.number().gt(0).default(PREFERENCE_DEFAULTS.discopop_tau).describe("temperature of discopop's modulation"),
    reference: z
      .enum(["start", "base"])
      .default("start")
      .describe("the policy that the stage starts from, or the model without its adapter"),
    optimizer: Optimizer.prefault({}),
    eval_every: z.int().min(0).default(0).describe("steps between evaluations on the way; 0 evaluates at the end only"),
    save_every: z.int().min(0).default(0).describe("steps between checkpoints; 0 saves at the end only"),
  })
  .superRefine((stage, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    const used = stage.losses.map(({ name }) => name);
    if (new Set(used).size < used.length) refuse("losses", "expected each loss once: add up their weights");
    const reads = new Set(used.flatMap((name) => preferenceLosses.get(name).reads));
    for (const [field, standard] of Object.entries(PREFERENCE_DEFAULTS)) {
      const read = reads.has(field as keyof typeof PREFERENCE_DEFAULTS);
      if (!read && stage[field as keyof typeof PREFERENCE_DEFAULTS] !== standard)
        refuse(field, `none of ${used.join(", ")} reads it: leave it out`);
    }
    if (used.includes("exo_pair") && stage.label_smoothing === 0) {
      refuse("label_smoothing", "expected more than 0 with exo_pair: its target would have a logarithm of 0");
    }
  });
export type DpoStage = z.infer<typeof DpoStage>;
