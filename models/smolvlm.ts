import type { Architecture } from "../engines/embedded/architecture.ts";
import { gatherRows, linear, reshape, rmsNorm, type Tensor, transpose } from "../engines/graph/build.ts";
import { SmolVlmConfig } from "./config.ts";
import { decoderLayers, decoderParameters, normal } from "./decoder.ts";
import { rotaryAngles } from "./rope.ts";
import { siglipFeatures, siglipParameters } from "./siglip.ts";

const TEXT = "model.text_model.";
const VISION = "model.vision_model.";
const EMBEDDING = `${TEXT}embed_tokens.weight`;
const CONNECTOR = "model.connector.modality_projection.proj.weight";

/**
 * [tiles * side * side, D] to [tiles * (side / s)^2, D s^2]: each s x s block of neighbouring patches becomes one wider feature, its rows
 * one after the other.
 */
function pixelShuffle(x: Tensor, tiles: number, side: number, scale: number): Tensor {
  const width = x.shape[1]!;
  const blocks = side / scale;
  const cut = reshape(x, [tiles, blocks, scale, blocks, scale, width]);
  return reshape(transpose(cut, [0, 1, 3, 2, 4, 5]), [tiles * blocks * blocks, scale * scale * width]);
}

/** SmolVLMForConditionalGeneration and Idefics3: SigLIP, pixel shuffle, a linear connector, a Llama decoder. Source: SmolVLM (arXiv:2504.05299). */
export function smolVlm(json: unknown): Architecture {
  const config = SmolVlmConfig.parse(json);
  const { text_config: text, vision_config: vision, scale_factor: scale } = config;
  const side = vision.image_size / vision.patch_size;
  const features = (side / scale) ** 2;
  const head = config.tie_word_embeddings ? EMBEDDING : "lm_head.weight";
  return {
    modelType: "smolvlm",
    parameters: [
      ...siglipParameters(vision, VISION),
      normal(CONNECTOR, [text.hidden_size, vision.hidden_size * scale * scale], text.initializer_range),
      ...decoderParameters(text, TEXT),
      ...(config.tie_word_embeddings ? [] : [normal(head, [text.vocab_size, text.hidden_size], text.initializer_range)]),
    ],
    vocab: text.vocab_size,
    layers: text.num_hidden_layers,
    heads: text.num_attention_heads,
    kvHeads: text.kvHeads,
    headDim: text.headDim,
    vision: {
      placeholderId: config.image_token_id,
      tokensPerTile: features,
      tile: [vision.num_channels, vision.image_size, vision.image_size],
    },
    angles: (positions) => rotaryAngles(positions, text.headDim, text.ropeTheta),
    embed: (weights, ids) => gatherRows(weights(EMBEDDING), ids),
    imageFeatures: (weights, pixels) =>
      linear(pixelShuffle(siglipFeatures(vision, VISION, weights, pixels), pixels.shape[0]!, side, scale), weights(CONNECTOR)),
    decode: (weights, inputs) => decoderLayers(text, TEXT, weights, inputs),
    head: (weights, hidden) => linear(rmsNorm(hidden, weights(`${TEXT}norm.weight`), text.rms_norm_eps), weights(head)),
  };
}
