import { z } from "zod";
import { decoder, decoderFields, HeadDim } from "./decoder.ts";
import { fields, meaning } from "./fields.ts";
import type { DecoderConfig } from "./types.ts";

const shape = {
  ...decoderFields({
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: null,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
  }),
  head_dim: HeadDim.nullable().optional(),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
};

const read = meaning<z.infer<z.ZodObject<typeof shape>>, DecoderConfig>((c, report) =>
  decoder(
    c,
    {
      headDim: c.head_dim,
      bias: { qkv: c.attention_bias, output: c.attention_bias, mlp: c.mlp_bias },
      theta: 10_000,
      mrope: null,
    },
    report,
  ),
);

/** The text_config of SmolVLM, whose model_type may be left out. */
export const LlamaText = fields({ ...shape, model_type: z.literal("llama", "only a Llama decoder is supported").optional() }).transform(
  read,
);

const Llama = fields({ ...shape, model_type: z.literal("llama") }).transform(read);

/** config.json of LlamaForCausalLM. */
export function readLlamaConfig(json: unknown): DecoderConfig {
  return Llama.parse(json);
}
