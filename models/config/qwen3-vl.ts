import { z } from "zod";
import { decoder, decoderFields, HeadDim } from "./decoder.ts";
import { fields, Layers, meaning, only, Size, TokenId } from "./fields.ts";
import { checkOutSize, qwenVision, qwenVisionFields } from "./qwen-vision.ts";
import type { DecoderConfig, QwenVisionConfig, QwenVlConfig } from "./types.ts";
import { checkTokens, reportTies } from "./vlm.ts";

const textShape = {
  model_type: only(["qwen3_vl_text"], "no other decoder is supported"),
  ...decoderFields({
    vocab_size: 151_936,
    hidden_size: 4096,
    intermediate_size: 22_016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    max_position_embeddings: 128_000,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
  }),
  head_dim: HeadDim.default(128), // not hidden_size / num_attention_heads
  attention_bias: z.boolean().default(false),
};

const Text = fields(textShape).transform(
  meaning<z.infer<z.ZodObject<typeof textShape>>, DecoderConfig>((c, report) =>
    decoder(
      c,
      {
        headDim: c.head_dim,
        bias: { qkv: c.attention_bias, output: c.attention_bias, mlp: false },
        headNorm: true,
        theta: null, // 5000000 in transformers 4.57, 500000 in 5.18
        mrope: { sections: [24, 20, 20], interleaved: true, named: false },
      },
      report,
    ),
  ),
);

const visionShape = {
  // transformers 4 wrote the whole model's type here
  model_type: only(["qwen3_vl_vision", "qwen3_vl"], "no other vision tower is supported"),
  ...qwenVisionFields,
  depth: Layers.default(27),
  hidden_size: Size.default(1152),
  hidden_act: only(["gelu_pytorch_tanh"], "Qwen3-VL uses no other"),
  intermediate_size: Size.default(4304),
  patch_size: Size.default(16),
  num_position_embeddings: Size.default(2304),
  deepstack_visual_indexes: z.array(z.int().min(0)).default([8, 16, 24]),
};

const Vision = fields(visionShape).transform(
  meaning<z.infer<z.ZodObject<typeof visionShape>>, QwenVisionConfig>((c, report) => {
    const positionSide = Math.sqrt(c.num_position_embeddings);
    if (!Number.isInteger(positionSide)) report(["num_position_embeddings"], `${c.num_position_embeddings} is not a square`);
    const deepstackLayers = c.deepstack_visual_indexes;
    deepstackLayers.forEach((layer, i) => {
      if (layer >= c.depth) report(["deepstack_visual_indexes", i], `there is no layer ${layer}: depth is ${c.depth}`);
      if (i > 0 && layer <= deepstackLayers[i - 1]!) report(["deepstack_visual_indexes", i], "the layers must be in rising order");
    });
    return qwenVision(c, { windows: null, positionSide, deepstackLayers }, report);
  }),
);

const topShape = {
  model_type: z.literal("qwen3_vl"),
  text_config: Text.prefault({}),
  vision_config: Vision.prefault({}),
  image_token_id: TokenId.default(151_655),
  video_token_id: TokenId.default(151_656),
  vision_start_token_id: TokenId.default(151_652),
  tie_word_embeddings: z.boolean().default(false),
};

const Qwen3Vl = fields(topShape).transform(
  meaning<z.infer<z.ZodObject<typeof topShape>>, QwenVlConfig>((c, report) => {
    const { text_config: text, vision_config: vision } = c;
    const { image_token_id, video_token_id, vision_start_token_id } = c;
    checkTokens({ image_token_id, video_token_id, vision_start_token_id }, text, report);
    checkOutSize(vision, text, report);
    if (vision.deepstackLayers.length > text.layers) {
      report(["vision_config", "deepstack_visual_indexes"], `more than the decoder's ${text.layers} layers can take`);
    }
    reportTies(c.tie_word_embeddings, text, report);
    return {
      text: { ...text, tied: c.tie_word_embeddings },
      vision,
      imageTokenId: image_token_id,
      videoTokenId: video_token_id,
      visionStartTokenId: vision_start_token_id,
    };
  }),
);

/** config.json of Qwen3VLForConditionalGeneration. */
export function readQwen3VlConfig(json: unknown): QwenVlConfig {
  return Qwen3Vl.parse(json);
}
