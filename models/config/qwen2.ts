import { z } from "zod";
import { decoder, decoderFields, HeadDim, qwenWindowFields, qwenWindows } from "./decoder.ts";
import { fields, meaning } from "./fields.ts";
import type { DecoderConfig } from "./types.ts";

const shape = {
  model_type: z.literal("qwen2"),
  ...decoderFields({
    vocab_size: 151_936,
    hidden_size: 4096,
    intermediate_size: 22_016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
  }),
  ...qwenWindowFields,
  max_window_layers: qwenWindowFields.max_window_layers.default(28),
  head_dim: HeadDim.nullable().optional(),
};

const Qwen2 = fields(shape).transform(
  meaning<z.infer<z.ZodObject<typeof shape>>, DecoderConfig>((c, report) =>
    decoder(
      c,
      {
        headDim: c.head_dim,
        bias: { qkv: true, output: false, mlp: false },
        windows: qwenWindows(c, report),
        theta: 10_000,
        mrope: null,
      },
      report,
    ),
  ),
);

/** config.json of Qwen2ForCausalLM, which Qwen2.5 uses too. */
export function readQwen2Config(json: unknown): DecoderConfig {
  return Qwen2.parse(json);
}
