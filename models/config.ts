import { z } from "zod";

/**
 * The fields of `config.json` that these architectures read. Key names of transformers 4 (`rope_theta`, `torch_dtype`) and of
 * transformers 5 (`rope_parameters`, `dtype`) are both taken. Of the
 * fields named here a value that is not supported is refused; other fields are not looked at.
 */
const Rope = z.looseObject({
  rope_theta: z.number(),
  rope_type: z.literal("default", "only rope_type default is supported").default("default"),
});

const text = {
  vocab_size: z.int().min(1),
  hidden_size: z.int().min(1),
  intermediate_size: z.int().min(1),
  num_hidden_layers: z.int().min(1),
  num_attention_heads: z.int().min(1),
  num_key_value_heads: z.int().min(1).optional(),
  head_dim: z.int().min(2).nullable().optional(),
  hidden_act: z.literal("silu").default("silu"),
  rms_norm_eps: z.number().gt(0).default(1e-6),
  rope_parameters: Rope.optional(),
  rope_theta: z.number().optional(),
  rope_scaling: z.null("rope_scaling is not supported: only plain rotary positions are").optional(),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
  tie_word_embeddings: z.boolean().default(false),
  initializer_range: z.number().gt(0).default(0.02),
};

export const LlamaConfig = z.looseObject(text).transform((c) => ({
  ...c,
  kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
  headDim: c.head_dim ?? c.hidden_size / c.num_attention_heads,
  ropeTheta: c.rope_parameters?.rope_theta ?? c.rope_theta ?? 10_000,
}));

export type LlamaConfig = z.infer<typeof LlamaConfig>;

export const SiglipConfig = z.looseObject({
  hidden_size: z.int().min(1),
  intermediate_size: z.int().min(1),
  num_hidden_layers: z.int().min(1),
  num_attention_heads: z.int().min(1),
  image_size: z.int().min(1),
  patch_size: z.int().min(1),
  num_channels: z.int().min(1).default(3),
  hidden_act: z.literal("gelu_pytorch_tanh").default("gelu_pytorch_tanh"),
  layer_norm_eps: z.number().gt(0).default(1e-6),
  initializer_range: z.number().gt(0).default(0.02),
});
export type SiglipConfig = z.infer<typeof SiglipConfig>;

export const SmolVlmConfig = z.looseObject({
  image_token_id: z.int().min(0),
  scale_factor: z.int().min(1).default(2),
  tie_word_embeddings: z.boolean().default(false),
  text_config: LlamaConfig,
  vision_config: SiglipConfig,
});
export type SmolVlmConfig = z.infer<typeof SmolVlmConfig>;
