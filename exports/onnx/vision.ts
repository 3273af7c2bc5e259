import type { SiglipConfig } from "../../models/config/types.ts";
import { Blocks, type Read } from "./blocks.ts";
import { OnnxGraph } from "./graph.ts";

const VISION = "model.vision_model.";
const CONNECTOR = "model.connector.modality_projection.proj";

export interface VisionExport {
  config: SiglipConfig;
  /** patches along the side of a block that becomes one feature */
  scaleFactor: number;
  /** of the language model that takes the features */
  hiddenSize: number;
  read: Read;
}

/**
 * SmolVLM's pictures: pixel_values [batch, images, channels, size, size] to image_features [n, tokens, hidden] of the n pictures that are
 * not all zeros, which is how rows with fewer pictures than others are filled up; in transformers, too, those are dropped.
 * Tiles are whole pictures: pixel_attention_mask is taken, because the processor gives it, and not looked at.
 */
export function visionEncoder({ config, scaleFactor: scale, hiddenSize: textSize, read }: VisionExport): OnnxGraph {
  const { hiddenSize: hidden, intermediateSize: inner, imageSize: size, patchSize: patch, channels, heads, normEps: eps } = config;
  const side = size / patch;
  const patches = side * side;
  const headDim = hidden / heads;
  const graph = new OnnxGraph();
  const blocks = new Blocks(graph, read);
  const pixels = graph.input("pixel_values", "float", ["batch_size", "num_images", channels, size, size]);
  graph.input("pixel_attention_mask", "bool", ["batch_size", "num_images", size, size]);

  const images = blocks.reshape(pixels, [-1, channels, size, size]);
  const largest = graph.node("ReduceMax", [graph.node("Abs", [images]), graph.ints([1, 2, 3])], { keepdims: 0 });
  const real = graph.node("Compress", [images, graph.node("Greater", [largest, graph.float(0)])], { axis: 0 });

  const name = `${VISION}embeddings.patch_embedding`;
  const kernel = [blocks.tensor(`${name}.weight`, [hidden, channels, patch, patch]), blocks.tensor(`${name}.bias`, [hidden])];
  const cells = graph.node("Conv", [real, ...kernel], { kernel_shape: [patch, patch], strides: [patch, patch] });
  const embedded = blocks.transpose(blocks.reshape(cells, [0, hidden, patches]), [0, 2, 1]);
  let x = graph.node("Add", [embedded, blocks.tensor(`${VISION}embeddings.position_embedding.weight`, [patches, hidden])]);

  for (let i = 0; i < config.layers; i++) {
    const block = `${VISION}encoder.layers.${i}.`;
    const h = blocks.layerNorm(x, `${block}layer_norm1`, hidden, eps);
    const project = (part: string, perm: number[]) =>
      blocks.transpose(
        blocks.reshape(blocks.linear(h, `${block}self_attn.${part}_proj`, [hidden, hidden], true), [0, patches, heads, headDim]),
        perm,
      );
    const q = graph.node("Mul", [project("q", [0, 2, 1, 3]), graph.float(headDim ** -0.5)]);
    const scores = graph.node("MatMul", [q, project("k", [0, 2, 3, 1])]);
    const mixed = graph.node("MatMul", [graph.node("Softmax", [scores], { axis: -1 }), project("v", [0, 2, 1, 3])]);
    const joined = blocks.reshape(blocks.transpose(mixed, [0, 2, 1, 3]), [0, patches, hidden]);
    x = graph.node("Add", [x, blocks.linear(joined, `${block}self_attn.out_proj`, [hidden, hidden], true)]);
    const h2 = blocks.layerNorm(x, `${block}layer_norm2`, hidden, eps);
    const wide = graph.node("Gelu", [blocks.linear(h2, `${block}mlp.fc1`, [inner, hidden], true)], { approximate: "tanh" });
    x = graph.node("Add", [x, blocks.linear(wide, `${block}mlp.fc2`, [hidden, inner], true)]);
  }
  const features = pixelShuffle(blocks, blocks.layerNorm(x, `${VISION}post_layernorm`, hidden, eps), side, scale, hidden);
  const projected = blocks.linear(features, CONNECTOR, [textSize, hidden * scale * scale], false);
  graph.output("image_features", projected, "float", ["num_real_images", (side / scale) ** 2, textSize]);
  return graph;
}

/** [n, side * side, d] to [n, (side / s)^2, d s^2]: each s x s block of neighbouring patches becomes one wider feature, row after row. */
function pixelShuffle(blocks: Blocks, x: string, side: number, scale: number, width: number): string {
  const across = side / scale;
  const cut = blocks.transpose(blocks.reshape(x, [-1, across, scale, across, scale, width]), [0, 1, 3, 2, 4, 5]);
  return blocks.reshape(cut, [-1, across * across, scale * scale * width]);
}
