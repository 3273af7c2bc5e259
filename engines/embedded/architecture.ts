import type { Tensor } from "../graph/tensor.ts";

/**
 * A trained tensor under its name in the checkpoint, and how it starts when a model is made from nothing. `grid`: rows are the cells of a
 * square, row by row, and start as sines and cosines of their two coordinates.
 */
export interface ParameterSpec {
  name: string;
  shape: number[];
  init: { kind: "normal"; std: number } | { kind: "ones" } | { kind: "zeros" } | { kind: "grid"; side: number };
}

/** A parameter's value inside a graph. */
export type Weights = (name: string) => Tensor;

/** q [M, heads * d], k and v [M, kvHeads * d] of one layer, rotated, to the mixed values [M, heads * d]. */
export type Attend = (layer: number, q: Tensor, k: Tensor, v: Tensor) => Tensor;

export interface DecoderInputs {
  /** [M, hidden] embeddings */
  x: Tensor;
  /** [M, d / 2] angles of each token's position */
  cos: Tensor;
  sin: Tensor;
  attend: Attend;
  /** rows whose hidden states are wanted, [N]: after the last attention only these are computed */
  select: Tensor | null;
}

export interface VisionShape {
  /** id of the placeholder that a picture's features replace */
  placeholderId: number;
  /** features a tile gives */
  tokensPerTile: number;
  /** [channels, height, width] of a tile */
  tile: [number, number, number];
}

/**
 * A model family as functions over the graph. Written once: training, prompt passes and decoding differ only in the `attend` they bring.
 */
export interface Architecture {
  modelType: string;
  parameters: ParameterSpec[];
  vocab: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vision: VisionShape | null;
  /** cos and sin of positions [M], each [M, d / 2] row by row */
  angles(positions: Int32Array): { cos: Float32Array; sin: Float32Array };
  /** ids [M] to [M, hidden] */
  embed(weights: Weights, ids: Tensor): Tensor;
  /** pixels [tiles, channels, height, width] to [tiles * tokensPerTile, hidden] */
  imageFeatures(weights: Weights, pixels: Tensor): Tensor;
  /** through all layers, before the final norm: [M, hidden], or [N, hidden] with `select` */
  decode(weights: Weights, inputs: DecoderInputs): Tensor;
  /** final norm and head: [N, hidden] to logits [N, vocab] */
  head(weights: Weights, hidden: Tensor): Tensor;
}

export function parameterCount({ parameters }: Architecture): number {
  return parameters.reduce((total, { shape }) => total + shape.reduce((product, d) => product * d, 1), 0);
}
