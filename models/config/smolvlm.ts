import { z } from "zod";
import { fields, Layers, meaning, only, Positive, Size, TokenId } from "./fields.ts";
import { LlamaText } from "./llama.ts";
import type { DecoderConfig, SiglipConfig, SmolVlmConfig } from "./types.ts";
import { checkTokens, reportTies } from "./vlm.ts";

const visionShape = {
  // transformers 4.46 wrote the whole model's type here
  model_type: z
    .enum(["idefics3", "idefics3_vision", "smolvlm", "smolvlm_vision"], "only the SigLIP tower of Idefics3 and SmolVLM is supported")
    .optional(),
  hidden_size: Size.default(1152),
  intermediate_size: Size.default(3072),
  num_hidden_layers: Layers.default(12),
  num_attention_heads: Size.default(16),
  num_channels: Size.default(3),
  image_size: Size.default(224),
  patch_size: Size.default(32),
  hidden_act: only(["gelu_pytorch_tanh"], "SigLIP uses no other"),
  layer_norm_eps: Positive.default(1e-6),
  initializer_range: Positive.default(0.02),
  tie_word_embeddings: z.unknown().optional(),
};

const Siglip = fields(visionShape).transform(
  meaning<z.infer<z.ZodObject<typeof visionShape>>, SiglipConfig>((c, report) => {
    const { hidden_size: hidden, num_attention_heads: heads, image_size: image, patch_size: patch } = c;
    if (hidden % heads !== 0) report(["hidden_size"], `${hidden} is not divisible by num_attention_heads, ${heads}`);
    if (image % patch !== 0) report(["image_size"], `${image} is not divisible by patch_size, ${patch}`);
    return {
      hiddenSize: hidden,
      intermediateSize: c.intermediate_size,
      layers: c.num_hidden_layers,
      heads,
      imageSize: image,
      patchSize: patch,
      channels: c.num_channels,
      normEps: c.layer_norm_eps,
      initializerRange: c.initializer_range,
    };
  }),
);

const SmolVlm = fields({
  model_type: z.enum(["idefics3", "smolvlm"]),
  text_config: LlamaText.prefault({ rms_norm_eps: 1e-5 }),
  vision_config: Siglip.prefault({}),
  image_token_id: TokenId.default(128_257),
  scale_factor: Size.default(2),
  tie_word_embeddings: z.boolean().default(false),
  vocab_size: Size.optional(),
}).transform(
  meaning<SmolVlmFields, SmolVlmConfig>((c, report) => {
    const { text_config: text, vision_config: vision, scale_factor: scaleFactor } = c;
    const side = vision.imageSize / vision.patchSize;
    if (side % scaleFactor !== 0) report(["scale_factor"], `${side} patches along a side are not divisible by ${scaleFactor}`);
    if (c.vocab_size !== undefined && c.vocab_size !== text.vocabSize) {
      report(["vocab_size"], `${c.vocab_size} contradicts text_config.vocab_size, ${text.vocabSize}`);
    }
    checkTokens({ image_token_id: c.image_token_id }, text, report);
    reportTies(c.tie_word_embeddings, text, report);
    return { text: { ...text, tied: c.tie_word_embeddings }, vision, imageTokenId: c.image_token_id, scaleFactor };
  }),
);

interface SmolVlmFields {
  text_config: DecoderConfig;
  vision_config: SiglipConfig;
  image_token_id: number;
  scale_factor: number;
  tie_word_embeddings: boolean;
  vocab_size?: number | undefined;
}

/** config.json of Idefics3ForConditionalGeneration and SmolVLMForConditionalGeneration, over a Llama decoder. */
export function readSmolVlmConfig(json: unknown): SmolVlmConfig {
  return SmolVlm.parse(json);
}
