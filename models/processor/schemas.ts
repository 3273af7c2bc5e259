/**
 * The parts of Hugging Face's files that are read here. The files are others' and hold much more, so unknown keys pass.
 * Defaults are those of the Python classes: a folder need not spell them out. What only one family of image processors has is in its file.
 */
import { z } from "zod";

const count = z.int().min(1);
const ids = z.union([z.int().min(0), z.array(z.int().min(0)).min(1)]);

export const GenerationConfig = z.object({
  eos_token_id: ids.nullish(),
  pad_token_id: z.int().min(0).nullish(),
});

const textFields = {
  eos_token_id: ids.nullish(),
  pad_token_id: z.int().min(0).nullish(),
  vocab_size: count.optional(),
  max_position_embeddings: count.nullish(),
};

export const ModelConfig = z.object({
  ...textFields,
  text_config: z.object(textFields).optional(),
  vision_config: z
    .object({ patch_size: count.optional(), spatial_merge_size: count.optional(), temporal_patch_size: count.optional() })
    .optional(),
  scale_factor: count.default(2),
  image_token_id: z.int().min(0).optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

export const TokenizerConfig = z.object({
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
  clean_up_tokenization_spaces: z.boolean().default(false),
});

export const ChatTemplateFile = z.object({ chat_template: z.string() });

/** The filters of resample.ts by Pillow's numbers. */
export const ResampleNumber = z.union([z.literal(1), z.literal(2), z.literal(3)], "expected 1 (Lanczos), 2 (bilinear) or 3 (bicubic)");

const channels = z.union([z.number(), z.array(z.number()).length(3)]).default([0.5, 0.5, 0.5]);

/** How levels 0 to 255 become the model's floats. */
export const LevelSettings = z.object({
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels,
  image_std: channels,
});
export type LevelSettings = z.infer<typeof LevelSettings>;
