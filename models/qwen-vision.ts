import type { ParameterSpec, PictureFeatures, PictureLayout, PictureWeights } from "../engines/embedded/architecture.ts";
import {
  add,
  concat,
  constant,
  expand,
  gatherRows,
  gelu,
  geluTanh,
  indexConstant,
  layerNorm,
  linear,
  matmul,
  mul,
  reshape,
  rmsNorm,
  rotary,
  silu,
  slice,
  softmax,
  type Tensor,
  transpose,
} from "../engines/graph/build.ts";
import type { QwenVisionConfig } from "./config/types.ts";
import { layerNormLayer, linearLayer, normal, rmsNormLayer } from "./parameters.ts";
import { type Cells, cellsOf, positionTaps, type Run, rotationOf } from "./qwen-grid.ts";

/**
 * The vision towers of Qwen2.5-VL (arXiv:2502.13923: RMS norms, gated MLP, attention in windows but for a few layers) and of Qwen3-VL
 * (arXiv:2511.21631: layer norms, learned positions stretched to the picture, features of several depths). Pictures keep their own sizes.
 * A config with `windows` is of the first kind.
 */

const EPS = 1e-6;

export function qwenVisionParameters(config: QwenVisionConfig, prefix: string): ParameterSpec[] {
  const {
    hiddenSize: hidden,
    intermediateSize: inner,
    mergeSize,
    outSize,
    channels,
    temporalPatchSize,
    patchSize,
    initializerRange: std,
  } = config;
  const gated = config.windows !== null;
  const merged = hidden * mergeSize ** 2;
  const norm = gated ? rmsNormLayer : layerNormLayer;
  const dense = (layer: string, out: number, into: number) => linearLayer(`${prefix}${layer}`, { out, in: into, std, bias: true });
  const merger = (layer: string, width: number, [first, second, normal]: readonly [string, string, string]) => [
    ...norm(`${prefix}${layer}.${normal}`, width),
    ...dense(`${layer}.${first}`, merged, merged),
    ...dense(`${layer}.${second}`, outSize, merged),
  ];
  const blocks = Array.from({ length: config.layers }, (_, i) => `blocks.${i}.`).flatMap((block) => [
    ...norm(`${prefix}${block}norm1`, hidden),
    ...norm(`${prefix}${block}norm2`, hidden),
    ...dense(`${block}attn.qkv`, 3 * hidden, hidden),
    ...dense(`${block}attn.proj`, hidden, hidden),
    ...(gated
      ? [
          ...dense(`${block}mlp.gate_proj`, inner, hidden),
          ...dense(`${block}mlp.up_proj`, inner, hidden),
          ...dense(`${block}mlp.down_proj`, hidden, inner),
        ]
      : [...dense(`${block}mlp.linear_fc1`, inner, hidden), ...dense(`${block}mlp.linear_fc2`, hidden, inner)]),
  ]);
  const patchEmbedding = normal(`${prefix}patch_embed.proj.weight`, [hidden, channels, temporalPatchSize, patchSize, patchSize], std);
  return [
    patchEmbedding,
    ...(gated ? [] : [{ name: `${prefix}patch_embed.proj.bias`, shape: [hidden], init: { kind: "zeros" as const } }]),
    ...(config.positionSide === null ? [] : [normal(`${prefix}pos_embed.weight`, [config.positionSide ** 2, hidden], std)]),
    ...blocks,
    ...merger("merger", hidden, gated ? GATED_MERGER : MERGER),
    ...config.deepstackLayers.flatMap((_, i) => merger(`deepstack_merger_list.${i}`, merged, MERGER)),
  ];
}

/** Names of a merger's two linear layers and its norm. */
const GATED_MERGER = ["mlp.0", "mlp.2", "ln_q"] as const;
const MERGER = ["linear_fc1", "linear_fc2", "norm"] as const;

/** pixels [prompts * patches, values], patches in the processor's order, to a row of features for each block of merged patches. */
export function qwenVisionFeatures(
  config: QwenVisionConfig,
  prefix: string,
  weights: PictureWeights,
  pixels: Tensor,
  { grids }: PictureLayout,
  prompts: number,
): PictureFeatures {
  const { hiddenSize: hidden, heads } = config;
  const cells = cellsOf(grids!, config);
  const patches = cells.order.length;
  const headDim = hidden / heads;
  const w = (name: string) => weights(`${prefix}${name}`);
  const dense = (x: Tensor, layer: string) => weights.linear(`${prefix}${layer}`, x);
  const normalized = (x: Tensor, layer: string) =>
    config.windows === null ? layerNorm(x, w(`${layer}.weight`), w(`${layer}.bias`), EPS) : rmsNorm(x, w(`${layer}.weight`), EPS);

  const values = pixels.shape[1]!;
  const kernel = reshape(w("patch_embed.proj.weight"), [hidden, values]);
  let x = linear(inOrder(pixels, cells.order, prompts), kernel, config.windows === null ? w("patch_embed.proj.bias") : undefined);
  if (config.positionSide !== null) x = add(x, repeated(learnedPositions(w("pos_embed.weight"), cells, config.positionSide), prompts));

  const { cos, sin } = rotationOf(cells, headDim, config.theta);
  const angles = [cos, sin].map((table) => repeated(constant(table, [patches, headDim / 2]), prompts)) as [Tensor, Tensor];
  const deepstack: Tensor[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const block = `blocks.${layer}.`;
    const qkv = dense(normalized(x, `${block}norm1`), `${block}attn.qkv`);
    const [q, k, v] = [0, 1, 2].map((i) => slice(qkv, 1, i * hidden, (i + 1) * hidden)) as [Tensor, Tensor, Tensor];
    const runs = config.windows === null || config.windows.fullLayers.includes(layer) ? cells.pictures : cells.windows;
    const mixed = attention(rotary(q, ...angles, heads), rotary(k, ...angles, heads), v, runs, prompts, heads);
    x = add(x, dense(mixed, `${block}attn.proj`));
    const h = normalized(x, `${block}norm2`);
    x = add(x, config.windows === null ? plainMlp(h, block, dense) : gatedMlp(h, block, dense));
    const deep = config.deepstackLayers.indexOf(layer);
    if (deep >= 0) deepstack[deep] = merged(config, x, `deepstack_merger_list.${deep}`, dense, normalized);
  }
  const rows = merged(config, x, "merger", dense, normalized);
  // back from windows to the picture's own order
  const unit = config.mergeSize ** 2;
  const back = new Int32Array(patches / unit);
  for (let i = 0; i < back.length; i++) back[cells.order[i * unit]! / unit] = i;
  return { rows: inOrder(rows, back, prompts), deepstack: deepstack.map((rows) => inOrder(rows, back, prompts)) };
}

type Dense = (x: Tensor, layer: string) => Tensor;

function plainMlp(h: Tensor, block: string, dense: Dense): Tensor {
  return dense(geluTanh(dense(h, `${block}mlp.linear_fc1`)), `${block}mlp.linear_fc2`);
}

function gatedMlp(h: Tensor, block: string, dense: Dense): Tensor {
  return dense(mul(silu(dense(h, `${block}mlp.gate_proj`)), dense(h, `${block}mlp.up_proj`)), `${block}mlp.down_proj`);
}

/** Each block of patches, laid end to end, through two layers: [N, hidden] to [N / merge^2, out]. Deepstack's mergers join before the norm. */
function merged(config: QwenVisionConfig, x: Tensor, layer: string, dense: Dense, normalized: Dense): Tensor {
  const [first, second, norm] = config.windows === null ? MERGER : GATED_MERGER;
  const unit = config.mergeSize ** 2;
  const joined = (y: Tensor) => reshape(y, [x.shape[0]! / unit, config.hiddenSize * unit]);
  const input = layer === "merger" ? joined(normalized(x, `${layer}.${norm}`)) : normalized(joined(x), `${layer}.${norm}`);
  return dense(gelu(dense(input, `${layer}.${first}`)), `${layer}.${second}`);
}

/** Rows [prompts * n, D] of every prompt in another order. */
function inOrder(x: Tensor, order: Int32Array, prompts: number): Tensor {
  if (order.every((place, i) => place === i)) return x;
  const all = Array.from({ length: prompts * order.length }, (_, i) => {
    const prompt = Math.floor(i / order.length);
    return prompt * order.length + order[i % order.length]!;
  });
  return gatherRows(x, indexConstant(all));
}

/** [n, D] once for every prompt: [prompts * n, D]. */
function repeated(x: Tensor, prompts: number): Tensor {
  const [n, width] = [x.shape[0]!, x.shape[1]!];
  return reshape(expand(reshape(x, [1, n, width]), [prompts, n, width]), [prompts * n, width]);
}

/** The square table of learned positions, stretched to each picture's grid: [patches, hidden]. */
function learnedPositions(table: Tensor, cells: Cells, side: number): Tensor {
  const taps = positionTaps(cells, side);
  return taps
    .map(({ places, shares }) => mul(gatherRows(table, indexConstant([...places])), constant(shares, [shares.length, 1])))
    .reduce((sum, part) => add(sum, part));
}

/** Attention within each segment of each prompt: q, k, v [prompts * n, hidden]. */
function attention(q: Tensor, k: Tensor, v: Tensor, runs: readonly Run[], prompts: number, heads: number): Tensor {
  const [total, hidden] = [q.shape[0]!, q.shape[1]!];
  const headDim = hidden / heads;
  const patches = total / prompts;
  const parts = runs.map(({ start, count, length }) => {
    const cut = (x: Tensor) => {
      const part = slice(reshape(x, [prompts, patches, hidden]), 1, start, start + count * length);
      return transpose(reshape(part, [prompts * count, length, heads, headDim]), [0, 2, 1, 3]);
    };
    const mixed = matmul(softmax(matmul(cut(q), cut(k), { transB: true, alpha: headDim ** -0.5 })), cut(v));
    return reshape(transpose(mixed, [0, 2, 1, 3]), [prompts, count * length, hidden]);
  });
  return reshape(concat(parts, 1), [total, hidden]);
}
