/**
 * The parts of Hugging Face's files that are read here. The files are others' and hold much more, so unknown keys pass.
 * Defaults are those of the Python classes: a folder need not spell them out.
 */
import { z } from "zod";

const ids = z.union([z.int().min(0), z.array(z.int().min(0)).min(1)]);

export const GenerationConfig = z.object({
  eos_token_id: ids.nullish(),
  pad_token_id: z.int().min(0).nullish(),
});

export const ModelConfig = z.object({
  eos_token_id: ids.nullish(),
  pad_token_id: z.int().min(0).nullish(),
  vocab_size: z.int().min(1).optional(),
  text_config: z
    .object({ eos_token_id: ids.nullish(), pad_token_id: z.int().min(0).nullish(), vocab_size: z.int().min(1).optional() })
    .optional(),
  vision_config: z.object({ patch_size: z.int().min(1).default(32) }).optional(),
  scale_factor: z.int().min(1).default(2),
  image_token_id: z.int().min(0).optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

export const TokenizerConfig = z.object({
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
  clean_up_tokenization_spaces: z.boolean().default(false),
});

export const ChatTemplateFile = z.object({ chat_template: z.string() });

const channels = z.union([z.number(), z.array(z.number()).length(3)]).default([0.5, 0.5, 0.5]);

export const ImageConfig = z.object({
  image_processor_type: z.string(),
  do_resize: z.boolean().default(true),
  size: z
    .union([z.object({ longest_edge: z.int().min(1) }), z.object({ height: z.int().min(1), width: z.int().min(1) })])
    .default({ longest_edge: 4 * 364 }),
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)], "expected 1 (Lanczos), 2 (bilinear) or 3 (bicubic)").default(1),
  do_image_splitting: z.boolean().default(true),
  max_image_size: z.object({ longest_edge: z.int().min(1) }).default({ longest_edge: 364 }),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels,
  image_std: channels,
});
export type ImageConfig = z.infer<typeof ImageConfig>;

export const ProcessorConfig = z.object({
  image_seq_len: z.int().min(1).optional(),
  // transformers 5 saves the image processor's settings in here, and then they count.
  image_processor: z.unknown().optional(),
});
