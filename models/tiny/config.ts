/**
 * The numbers of the tiny preset: SmolVLM's architecture at a size that a laptop trains from nothing in minutes.
 * `config.json`, the image processor and the tests all follow from this table.
 */
export const tinyConfig = {
  /** side of the features' squares that the connector folds into one token */
  scale_factor: 1,
  /** three times the usual 0.02, from which a model this small starts slowly */
  initializer_range: 0.06,
  vision: {
    /** pixels; pictures of this size are neither resized nor split */
    image_size: 32,
    patch_size: 8,
    hidden_size: 96,
    intermediate_size: 192,
    num_hidden_layers: 3,
    num_attention_heads: 3,
  },
  text: {
    hidden_size: 96,
    intermediate_size: 192,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    num_key_value_heads: 3,
    head_dim: 32,
    max_position_embeddings: 512,
    rope_theta: 10_000,
    rms_norm_eps: 1e-5,
  },
} as const;

/** Tokens that stand for a picture: patches along a side, folded by the scale factor, squared. */
export function tinyImageTokens(): number {
  const { image_size, patch_size } = tinyConfig.vision;
  return (image_size / patch_size / tinyConfig.scale_factor) ** 2;
}
