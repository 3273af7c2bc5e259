/** What the architectures need to know of a checkpoint, whatever its config.json calls it. */

export interface DecoderConfig {
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  normEps: number;
  initializerRange: number;
  /** max_position_embeddings */
  contextLength: number;
  /** Whether the head shares the embedding's weight. */
  tied: boolean;
  bias: { qkv: boolean; output: boolean; mlp: boolean };
  /** RMSNorm of each head's queries and keys before rotation (Qwen3). */
  headNorm: boolean;
  /** Per layer: how many positions a query sees, itself included; null all before it. */
  windows: (number | null)[];
  /** Per layer: whether queries and keys are rotated (SmolLM3 leaves some layers out). */
  rotated: boolean[];
  rope: RopeConfig;
}

export type RopeConfig = RopeScaling & {
  theta: number;
  /** Qwen-VL: how many frequencies follow time, height and width; null for plain positions. */
  sections: [number, number, number] | null;
  /** Whether time, height and width take turns along the frequencies (Qwen3-VL) or follow one another in blocks (Qwen2.5-VL). */
  interleaved: boolean;
};

/** How the frequencies theta^(-2i/d) are stretched to reach beyond `originalContextLength`. */
export type RopeScaling =
  | { type: "default" }
  | { type: "linear"; factor: number }
  | { type: "dynamic"; factor: number; originalContextLength: number }
  | { type: "llama3"; factor: number; lowFreqFactor: number; highFreqFactor: number; originalContextLength: number }
  | {
      type: "yarn";
      factor: number;
      originalContextLength: number;
      /** Multiplies cos and sin, whichever of attention_factor, mscale and mscale_all_dim it was made from. */
      attentionFactor: number;
      betaFast: number;
      betaSlow: number;
      truncate: boolean;
    };

export interface SiglipConfig {
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  imageSize: number;
  patchSize: number;
  channels: number;
  normEps: number;
  initializerRange: number;
}

export interface SmolVlmConfig {
  /** `tied` in here says whether the head shares the embedding. */
  text: DecoderConfig;
  vision: SiglipConfig;
  imageTokenId: number;
  /** Side of the square of patches that becomes one token. */
  scaleFactor: number;
}

export interface QwenVisionConfig {
  layers: number;
  hiddenSize: number;
  intermediateSize: number;
  heads: number;
  channels: number;
  patchSize: number;
  temporalPatchSize: number;
  /** Side of the square of patches that becomes one token. */
  mergeSize: number;
  /** Width of the tokens, the decoder's hiddenSize. */
  outSize: number;
  initializerRange: number;
  theta: number;
  /** Qwen2.5-VL: side of an attention window in pixels, and the layers that see the whole picture. */
  windows: { size: number; fullLayers: number[] } | null;
  /** Qwen3-VL: side of the square table of learned positions. */
  positionSide: number | null;
  /** Qwen3-VL: the vision layers, in rising order, whose features enter the decoder's first layers. */
  deepstackLayers: number[];
}

export interface QwenVlConfig {
  text: DecoderConfig;
  vision: QwenVisionConfig;
  imageTokenId: number;
  videoTokenId: number;
  visionStartTokenId: number;
}
