import { z } from "zod";

/** The parts of a `golden.json` that are checked here; made by PyTorch, see its `provenance`. */

const pixels = z.object({ file: z.string(), shape: z.array(z.number()) });
const grid = z.tuple([z.number(), z.number(), z.number()]);
const gradient = z.object({ norm: z.number(), first: z.array(z.number()), largest: z.tuple([z.number(), z.number()]) });
const perTemperature = <T extends z.ZodType>(value: T) => z.object({ "1.0": value, "0.7": value });
const maskedRows = z.array(z.array(z.number().nullable()));
const batch = z.object({
  input_ids: z.array(z.array(z.number())),
  attention_mask: z.array(z.array(z.number())),
  logprobs: perTemperature(maskedRows),
  entropy: maskedRows,
});

export const Golden = z.object({
  model: z.object({ class: z.string() }),
  sequences: z.array(z.object({ input_ids: z.array(z.number()) })).optional(),
  forward: z.array(
    z.object({
      sequence: z.number(),
      input_ids: z.array(z.number()).optional(),
      pixel_values: pixels.optional(),
      image_features: z.array(z.array(z.number())).optional(),
      image_grid_thw: z.array(grid).optional(),
      position_ids: z.array(z.array(z.number())).optional(),
      rope_delta: z.array(z.number()).optional(),
      logits: z.array(z.array(z.number())),
      logprobs: perTemperature(z.array(z.number())),
      entropy: z.array(z.number()),
    }),
  ),
  batches: z.object({
    images: z.array(z.array(z.string())).optional(),
    pixel_values: pixels.optional(),
    image_grid_thw: z.array(grid).optional(),
    right: batch,
    left: batch,
  }),
  prompt_lengths: z.array(z.number()),
  loss: z.array(
    z.object({
      name: z.string(),
      temperature: z.number(),
      weights: z.array(z.array(z.number())),
      loss: z.number(),
      gradient_norm: z.number(),
      gradients: z.record(z.string(), gradient),
    }),
  ),
  adamw: z.object({
    options: z.object({ lr: z.number(), betas: z.tuple([z.number(), z.number()]), eps: z.number(), weight_decay: z.number() }),
    losses: z.array(z.number()),
    after_step: z.array(z.record(z.string(), z.object({ first: z.array(z.number()), at: z.tuple([z.number(), z.number()]) }))),
  }),
  generation: z.object({
    max_new_tokens: z.number(),
    eos_ids: z.array(z.number()),
    input_ids: z.array(z.array(z.number())),
    attention_mask: z.array(z.array(z.number())),
    new_ids: z.array(z.array(z.number())),
    lengths: z.array(z.number()),
    unstopped_new_ids: z.array(z.array(z.number())),
  }),
  sampling: z
    .intersection(
      z.object({ logits: z.array(z.number()) }),
      z.record(
        z.string(),
        z.union([z.array(z.number()), z.object({ kept: z.union([z.literal("all"), z.array(z.number())]), logprobs: z.array(z.number()) })]),
      ),
    )
    .optional(),
});
export type Golden = z.infer<typeof Golden>;

/** The same of an adapter that stands on another fixture. */
export const LoraGolden = Golden.pick({ prompt_lengths: true, loss: true, adamw: true }).extend({
  forward: z.array(z.object({ input_ids: z.array(z.number()), logits: z.array(z.array(z.number())) })),
  batch: batch.pick({ input_ids: true, attention_mask: true }),
});
