import type { Architecture } from "../engines/embedded/architecture.ts";
import { gatherRows, linear, rmsNorm } from "../engines/graph/build.ts";
import { LlamaConfig } from "./config.ts";
import { decoderLayers, decoderParameters, normal } from "./decoder.ts";
import { rotaryAngles } from "./rope.ts";

/** LlamaForCausalLM, as SmolLM2 uses it. */
export function llama(json: unknown): Architecture {
  const config = LlamaConfig.parse(json);
  const tied = config.tie_word_embeddings;
  const embedding = "model.embed_tokens.weight";
  const head = tied ? embedding : "lm_head.weight";
  return {
    modelType: "llama",
    parameters: [
      ...decoderParameters(config, "model."),
      ...(tied ? [] : [normal(head, [config.vocab_size, config.hidden_size], config.initializer_range)]),
    ],
    vocab: config.vocab_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    vision: null,
    angles: (positions) => rotaryAngles(positions, config.headDim, config.ropeTheta),
    embed: (weights, ids) => gatherRows(weights(embedding), ids),
    imageFeatures: () => {
      throw new Error("a Llama takes no pictures");
    },
    decode: (weights, inputs) => decoderLayers(config, "model.", weights, inputs),
    head: (weights, hidden) => linear(rmsNorm(hidden, weights("model.norm.weight"), config.rms_norm_eps), weights(head)),
  };
}
