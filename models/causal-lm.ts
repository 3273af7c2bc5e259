import { type Architecture, countedPositions } from "../engines/embedded/architecture.ts";
import { gatherRows } from "../engines/graph/build.ts";
import type { DecoderConfig } from "./config/types.ts";
import { decoderHead, decoderLayers, decoderParameters, headParameters } from "./decoder.ts";
import { rotaryAngles } from "./rotary.ts";

const PREFIX = "model.";

/** A model of text alone: LlamaForCausalLM (SmolLM2), SmolLM3ForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM. */
export function causalLm(modelType: string, config: DecoderConfig): Architecture {
  return {
    modelType,
    parameters: [...decoderParameters(config, PREFIX), ...headParameters(config)],
    ...decoderShape(config),
    vision: null,
    axes: 1,
    positions: countedPositions,
    angles: (positions) => rotaryAngles(config.rope, config.headDim, positions, 1),
    embed: (weights, ids) => gatherRows(weights(`${PREFIX}embed_tokens.weight`), ids),
    decode: (weights, inputs) => decoderLayers(config, PREFIX, weights, inputs),
    head: (weights, hidden, at = null) => decoderHead(config, PREFIX, weights, hidden, at),
    moduleOf: (layer) => layer,
  };
}

/** What every engine needs to know of a decoder's sizes. */
export function decoderShape(config: DecoderConfig) {
  return {
    vocab: config.vocabSize,
    hidden: config.hiddenSize,
    layers: config.layers,
    heads: config.heads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    windows: config.windows,
  };
}
