import { type Architecture, countedPositions } from "../engines/embedded/architecture.ts";
import { gatherRows, reshape, type Tensor, transpose } from "../engines/graph/build.ts";
import { decoderShape } from "./causal-lm.ts";
import type { SmolVlmConfig } from "./config/types.ts";
import { decoderHead, decoderLayers, decoderParameters, headParameters } from "./decoder.ts";
import { linearLayer } from "./parameters.ts";
import { rotaryAngles } from "./rotary.ts";
import { siglipFeatures, siglipParameters } from "./siglip.ts";

const TEXT = "model.text_model.";
const VISION = "model.vision_model.";
const CONNECTOR = "model.connector.modality_projection.proj";

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
export function smolVlm(modelType: string, { text, vision, imageTokenId, scaleFactor }: SmolVlmConfig): Architecture {
  const side = vision.imageSize / vision.patchSize;
  const tokensPerTile = (side / scaleFactor) ** 2;
  const connector = { out: text.hiddenSize, in: vision.hiddenSize * scaleFactor ** 2, std: text.initializerRange };
  return {
    modelType,
    parameters: [
      ...siglipParameters(vision, VISION),
      ...linearLayer(CONNECTOR, connector),
      ...decoderParameters(text, TEXT),
      ...headParameters(text),
    ],
    ...decoderShape(text),
    vision: {
      placeholderId: imageTokenId,
      layout: ({ shape }) => ({ shape, grids: null, features: shape[0]! * tokensPerTile }),
      features: (weights, pixels) => {
        const shuffled = pixelShuffle(siglipFeatures(vision, VISION, weights, pixels), pixels.shape[0]!, side, scaleFactor);
        return { rows: weights.linear(CONNECTOR, shuffled), deepstack: [] };
      },
    },
    axes: 1,
    positions: countedPositions,
    angles: (positions) => rotaryAngles(text.rope, text.headDim, positions, 1),
    embed: (weights, ids) => gatherRows(weights(`${TEXT}embed_tokens.weight`), ids),
    decode: (weights, inputs) => decoderLayers(text, TEXT, weights, inputs),
    head: (weights, hidden, at = null) => decoderHead(text, TEXT, weights, hidden, at),
    moduleOf: (layer) => layer,
  };
}
