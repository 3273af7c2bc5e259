import type { EncodedPrompt, PromptPixels } from "../engine.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";

/**
 * A tensor of a model under its name in the checkpoint, and how it starts when a model is made from nothing. `grid`: rows are the cells of a
 * square, row by row, and start as sines and cosines of their two coordinates.
 */
export interface ParameterSpec {
  name: string;
  shape: number[];
  init:
    | { kind: "normal"; std: number }
    | { kind: "ones" }
    | { kind: "zeros" }
    | { kind: "uniform"; limit: number }
    | { kind: "grid"; side: number };
  /** the weight [out, in] of a linear layer, which an adapter may stand on */
  linear?: true;
}

/** A model's parameters inside a graph, for layers that work on rows of pictures. */
export interface PictureWeights {
  (name: string): Tensor;
  /** x [M, in] through a linear layer, [M, out]: its weight, its bias where the model has one, and an adapter where one stands on it */
  linear(layer: string, x: Tensor): Tensor;
}

/** The same for layers that work on tokens. */
export interface Weights {
  (name: string): Tensor;
  /** as above; `at` [M] where x are only some of the pass's tokens, which it names */
  linear(layer: string, x: Tensor, at?: Tensor | null): Tensor;
  ofPictures: PictureWeights;
}

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
  /** features that are added to the pictures' rows after the first layers, [rows, hidden] a layer (Qwen3-VL) */
  deepstack: { rows: Tensor; features: Tensor[] } | null;
  /** told what each layer starts from */
  layerStart?: (x: Tensor) => void;
}

/** What the pictures of one prompt look like; prompts of the same layout run together. */
export interface PictureLayout {
  /** of one prompt's pixels */
  shape: number[];
  /** [time, height, width] in patches of each picture, where pictures have sizes of their own */
  grids: [number, number, number][] | null;
  /** rows of features that they give, one for each placeholder */
  features: number;
}

export interface PictureFeatures {
  /** [prompts * features, hidden], what replaces the placeholders' embeddings */
  rows: Tensor;
  /** the like for the first decoder layers, added to what comes out of them */
  deepstack: Tensor[];
}

export interface Vision {
  /** id of the placeholder that a picture's features replace */
  placeholderId: number;
  layout(pixels: PromptPixels): PictureLayout;
  /** pixels [prompts * shape[0], ...] of prompts of one layout */
  features(weights: PictureWeights, pixels: Tensor, layout: PictureLayout, prompts: number): PictureFeatures;
}

/** Where a prompt's tokens stand, [axes][T] one after the other, and the position of the token after it, the same on every axis. */
export interface Positions {
  positions: Int32Array;
  next: number;
}

/**
 * A model family as functions over the graph. Written once: training, prompt passes and decoding differ only in the `attend` they bring.
 */
export interface Architecture {
  modelType: string;
  parameters: ParameterSpec[];
  vocab: number;
  hidden: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** per layer: positions that a query sees, itself included; null all before it */
  windows: (number | null)[];
  vision: Vision | null;
  /** 1, or 3 where a token has a time, a height and a width */
  axes: 1 | 3;
  positions(prompt: EncodedPrompt): Positions;
  /** cos and sin of positions [axes][M], each [M, d / 2] row by row */
  angles(positions: Int32Array): { cos: Float32Array; sin: Float32Array };
  /** ids [M] to [M, hidden] */
  embed(weights: Weights, ids: Tensor): Tensor;
  /** through all layers, before the final norm: [M, hidden], or [N, hidden] with `select` */
  decode(weights: Weights, inputs: DecoderInputs): Tensor;
  /** final norm and head: [N, hidden] to logits [N, vocab]; `at` as for `Weights.linear` */
  head(weights: Weights, hidden: Tensor, at?: Tensor | null): Tensor;
  /** a linear layer's path in Python's transformers, where the checkpoint calls it otherwise */
  moduleOf(layer: string): string;
}

/** Positions of a model that counts its tokens one by one. */
export function countedPositions({ tokens }: EncodedPrompt): Positions {
  return { positions: Int32Array.from(tokens, (_, t) => t), next: tokens.length };
}

export function parameterCount(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
}
