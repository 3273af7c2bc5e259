import type { ParameterSpec, Weights } from "../engines/embedded/architecture.ts";
import { add, geluTanh, layerNorm, linear, matmul, reshape, softmax, type Tensor, transpose } from "../engines/graph/build.ts";
import type { SiglipConfig } from "./config.ts";

/** The SigLIP vision tower: patches, learned positions, pre-norm blocks of full attention. Source: SigLIP (arXiv:2303.15343). */

export function siglipParameters(config: SiglipConfig, prefix: string): ParameterSpec[] {
  const { hidden_size: hidden, intermediate_size: inner, patch_size: patch, num_channels: channels, initializer_range: std } = config;
  const side = config.image_size / patch;
  const residual = std / Math.sqrt(2 * config.num_hidden_layers);
  const bias = (name: string, size: number): ParameterSpec => ({ name: `${prefix}${name}.bias`, shape: [size], init: { kind: "zeros" } });
  const layer = (name: string, out: number, into: number, scale = std): ParameterSpec[] => [
    { name: `${prefix}${name}.weight`, shape: [out, into], init: { kind: "normal", std: scale } },
    bias(name, out),
  ];
  const norm = (name: string): ParameterSpec[] => [
    { name: `${prefix}${name}.weight`, shape: [hidden], init: { kind: "ones" } },
    bias(name, hidden),
  ];
  const blocks = Array.from({ length: config.num_hidden_layers }, (_, i) => `encoder.layers.${i}.`).flatMap((block) => [
    ...norm(`${block}layer_norm1`),
    ...["q_proj", "k_proj", "v_proj"].flatMap((name) => layer(`${block}self_attn.${name}`, hidden, hidden)),
    ...layer(`${block}self_attn.out_proj`, hidden, hidden, residual),
    ...norm(`${block}layer_norm2`),
    ...layer(`${block}mlp.fc1`, inner, hidden),
    ...layer(`${block}mlp.fc2`, hidden, inner, residual),
  ]);
  return [
    {
      name: `${prefix}embeddings.patch_embedding.weight`,
      shape: [hidden, channels, patch, patch],
      init: { kind: "normal", std: 1 / Math.sqrt(channels * patch * patch) },
    },
    bias("embeddings.patch_embedding", hidden),
    { name: `${prefix}embeddings.position_embedding.weight`, shape: [side * side, hidden], init: { kind: "grid", side } },
    ...blocks,
    ...norm("post_layernorm"),
  ];
}

/** pixels [tiles, channels, size, size] to features [tiles * patches, hidden], patches row by row. Tiles are whole pictures: none is masked. */
export function siglipFeatures(config: SiglipConfig, prefix: string, weights: Weights, pixels: Tensor): Tensor {
  const { hidden_size: hidden, patch_size: patch, num_attention_heads: heads, layer_norm_eps: eps } = config;
  const [tiles, channels, size] = [pixels.shape[0]!, pixels.shape[1]!, pixels.shape[2]!];
  const side = size / patch;
  const patches = side * side;
  const headDim = hidden / heads;
  const w = (name: string) => weights(`${prefix}${name}`);
  const normalized = (x: Tensor, name: string) => layerNorm(x, w(`${name}.weight`), w(`${name}.bias`), eps);
  const dense = (x: Tensor, name: string) => linear(x, w(`${name}.weight`), w(`${name}.bias`));

  // a convolution whose stride is its kernel is a product with cut-out patches
  const cut = transpose(reshape(pixels, [tiles, channels, side, patch, side, patch]), [0, 2, 4, 1, 3, 5]);
  const kernel = reshape(w("embeddings.patch_embedding.weight"), [hidden, channels * patch * patch]);
  const embedded = linear(reshape(cut, [tiles * patches, channels * patch * patch]), kernel, w("embeddings.patch_embedding.bias"));
  let x = reshape(add(reshape(embedded, [tiles, patches, hidden]), w("embeddings.position_embedding.weight")), [tiles * patches, hidden]);

  const split = (y: Tensor) => transpose(reshape(y, [tiles, patches, heads, headDim]), [0, 2, 1, 3]);
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const block = `encoder.layers.${i}.`;
    const h = normalized(x, `${block}layer_norm1`);
    const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((name) => split(dense(h, `${block}self_attn.${name}`)));
    const mixed = matmul(softmax(matmul(q!, k!, { transB: true, alpha: headDim ** -0.5 })), v!);
    const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [tiles * patches, hidden]);
    x = add(x, dense(joined, `${block}self_attn.out_proj`));
    x = add(x, dense(geluTanh(dense(normalized(x, `${block}layer_norm2`), `${block}mlp.fc1`)), `${block}mlp.fc2`));
  }
  return normalized(x, "post_layernorm");
}
