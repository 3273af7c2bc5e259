import { z } from "zod";
import { decoder, decoderFields, HeadDim, layerWindows, windowFields } from "./decoder.ts";
import { fields, meaning, Size } from "./fields.ts";
import type { DecoderConfig } from "./types.ts";

const shape = {
  model_type: z.literal("smollm3"),
  ...decoderFields({
    vocab_size: 128_256,
    hidden_size: 2048,
    intermediate_size: 11_008,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
  }),
  ...windowFields({ sliding_window: null }),
  head_dim: HeadDim.nullable().optional(),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  /** 1 for a layer that rotates its queries and keys */
  no_rope_layers: z
    .array(z.literal([0, 1]))
    .nullable()
    .optional(),
  no_rope_layer_interval: Size.default(4),
};

const SmolLm3 = fields(shape).transform(
  meaning<z.infer<z.ZodObject<typeof shape>>, DecoderConfig>((c, report) => {
    const layers = c.num_hidden_layers;
    const given = c.no_rope_layers ?? Array.from({ length: layers }, (_, i) => ((i + 1) % c.no_rope_layer_interval === 0 ? 0 : 1));
    if (given.length < layers) report(["no_rope_layers"], `expected one for each of ${layers} layers, got ${given.length}`);
    const rotated = given.slice(0, layers).map((flag) => flag === 1);
    return decoder(
      c,
      {
        headDim: c.head_dim,
        bias: { qkv: c.attention_bias, output: c.attention_bias, mlp: c.mlp_bias },
        windows: layerWindows(c, (layer) => !rotated[layer], report),
        rotated,
        theta: 2_000_000,
        mrope: null,
      },
      report,
    );
  }),
);

/** config.json of SmolLM3ForCausalLM. */
export function readSmolLm3Config(json: unknown): DecoderConfig {
  return SmolLm3.parse(json);
}
