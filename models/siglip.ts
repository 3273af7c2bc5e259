import type { ParameterSpec, PictureWeights } from "../engines/embedded/architecture.ts";
import { add, geluTanh, layerNorm, linear, matmul, reshape, softmax, type Tensor, transpose } from "../engines/graph/build.ts";
import type { SiglipConfig } from "./config/types.ts";
import { layerNormLayer, linearLayer, normal, zeros } from "./parameters.ts";

/** The SigLIP vision tower: patches, learned positions, pre-norm blocks of full attention. Source: SigLIP (arXiv:2303.15343). */

export function siglipParameters(config: SiglipConfig, prefix: string): ParameterSpec[] {
  const { hiddenSize: hidden, intermediateSize: inner, patchSize: patch, channels, initializerRange: std } = config;
  const side = config.imageSize / patch;
  const residual = std / Math.sqrt(2 * config.layers);
  const blocks = Array.from({ length: config.layers }, (_, i) => `${prefix}encoder.layers.${i}.`).flatMap((block) => [
    ...layerNormLayer(`${block}layer_norm1`, hidden),
    ...["q_proj", "k_proj", "v_proj"].flatMap((name) =>
      linearLayer(`${block}self_attn.${name}`, { out: hidden, in: hidden, std, bias: true }),
    ),
    ...linearLayer(`${block}self_attn.out_proj`, { out: hidden, in: hidden, std: residual, bias: true }),
    ...layerNormLayer(`${block}layer_norm2`, hidden),
    ...linearLayer(`${block}mlp.fc1`, { out: inner, in: hidden, std, bias: true }),
    ...linearLayer(`${block}mlp.fc2`, { out: hidden, in: inner, std: residual, bias: true }),
  ]);
  return [
    normal(`${prefix}embeddings.patch_embedding.weight`, [hidden, channels, patch, patch], 1 / Math.sqrt(channels * patch * patch)),
    zeros(`${prefix}embeddings.patch_embedding.bias`, [hidden]),
    { name: `${prefix}embeddings.position_embedding.weight`, shape: [side * side, hidden], init: { kind: "grid", side } },
    ...blocks,
    ...layerNormLayer(`${prefix}post_layernorm`, hidden),
  ];
}

/** pixels [tiles, channels, size, size] to features [tiles * patches, hidden], patches row by row. Tiles are whole pictures: none is masked. */
export function siglipFeatures(config: SiglipConfig, prefix: string, weights: PictureWeights, pixels: Tensor): Tensor {
  const { hiddenSize: hidden, patchSize: patch, heads, normEps } = config;
  const [tiles, channels, size] = [pixels.shape[0]!, pixels.shape[1]!, pixels.shape[2]!];
  const side = size / patch;
  const patches = side * side;
  const headDim = hidden / heads;
  const w = (name: string) => weights(`${prefix}${name}`);
  const normalized = (x: Tensor, name: string) => layerNorm(x, w(`${name}.weight`), w(`${name}.bias`), normEps);
  const dense = (x: Tensor, name: string) => weights.linear(`${prefix}${name}`, x);

  // a convolution whose stride is its kernel is a product with cut-out patches
  const cut = transpose(reshape(pixels, [tiles, channels, side, patch, side, patch]), [0, 2, 4, 1, 3, 5]);
  const kernel = reshape(w("embeddings.patch_embedding.weight"), [hidden, channels * patch * patch]);
  const embedded = linear(reshape(cut, [tiles * patches, channels * patch * patch]), kernel, w("embeddings.patch_embedding.bias"));
  let x = reshape(add(reshape(embedded, [tiles, patches, hidden]), w("embeddings.position_embedding.weight")), [tiles * patches, hidden]);

  const split = (y: Tensor) => transpose(reshape(y, [tiles, patches, heads, headDim]), [0, 2, 1, 3]);
  for (let i = 0; i < config.layers; i++) {
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
