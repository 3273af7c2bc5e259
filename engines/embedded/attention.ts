import {
  add,
  concat,
  constant,
  greater,
  matmul,
  mul,
  reduceSum,
  reshape,
  slice,
  softmax,
  sub,
  type Tensor,
  transpose,
} from "../graph/build.ts";
import type { Architecture, Attend } from "./architecture.ts";

/**
 * Attention over the layouts in which the engine runs a decoder. Heads stand in groups of `repeat` that share one key-value head
 * (grouped-query attention): they are laid below each other, so that a group is one product.
 */

type Heads = Pick<Architecture, "heads" | "kvHeads" | "headDim" | "windows">;

/** Large enough to vanish in a softmax, small enough to stay finite in float32 sums. */
const NEVER = -1e9;

/**
 * 0 where a query may look at a key of its own sequence (itself and before, no further back than the layer's window), a large negative
 * number elsewhere: [T, T].
 */
function causalBias(length: number, window: number | null): Tensor {
  const furthest = window ?? length;
  const values = Float64Array.from({ length: length * length }, (_, i) => {
    const back = Math.floor(i / length) - (i % length);
    return back < 0 || back >= furthest ? NEVER : 0;
  });
  return constant(values, [length, length]);
}

/** The window of a layer, or null where it reaches over everything that a sequence of this length has. */
function windowWithin(model: Heads, layer: number, length: number): number | null {
  const window = model.windows[layer]!;
  return window !== null && window < length ? window : null;
}

/** The windows that hide something in sequences of this length. */
export function windowsWithin({ windows }: Pick<Architecture, "windows">, length: number): number[] {
  return [...new Set(windows)].filter((window): window is number => window !== null && window < length);
}

/** Name of the input that hides what lies beyond a window. */
export const windowBiasName = (window: number): string => `window_bias:${window}`;

/** What is added to the scores of keys `[0, out.length)` for a query at `query`, of which `filled` are real: 0 for those within the window. */
export function windowBias(query: number, window: number, filled: number, out: Float32Array): void {
  for (let key = 0; key < out.length; key++) out[key] = key < filled && query - key < window ? 0 : NEVER;
}

/** What is added to the scores of keys [T], 0 for real ones: a host-side helper for padded prompts and half-filled caches. */
export function keyBias(filled: number, capacity: number, out: Float32Array): void {
  out.fill(0, 0, Math.min(filled, capacity));
  out.fill(NEVER, Math.min(filled, capacity), capacity);
}

/** [rows * T, kvHeads * d] to [rows, kvHeads, T, d] */
function splitKeys(x: Tensor, rows: number, length: number, { kvHeads, headDim }: Heads): Tensor {
  return transpose(reshape(x, [rows, length, kvHeads, headDim]), [0, 2, 1, 3]);
}

/**
 * Attention of each of `rows` sequences of `length` tokens over itself. `bias`, [length, length] or [rows, 1, length, length], hides what
 * comes later. Padding stands at the end, where no real token looks.
 */
export function selfAttention(q: Tensor, keys: Tensor, values: Tensor, rows: number, length: number, model: Heads, bias: Tensor): Tensor {
  const { kvHeads, headDim } = model;
  const repeat = model.heads / kvHeads;
  const queries = transpose(reshape(q, [rows, length, kvHeads, repeat, headDim]), [0, 2, 3, 1, 4]);
  const stacked = reshape(queries, [rows, kvHeads, repeat * length, headDim]);
  const scores = matmul(stacked, keys, { transB: true, alpha: headDim ** -0.5 });
  const stack = bias.shape.length === 2 ? [rows * kvHeads * repeat] : [rows, kvHeads * repeat];
  const weights = softmax(add(reshape(scores, [...stack, length, length]), bias));
  const mixed = matmul(reshape(weights, [rows, kvHeads, repeat * length, length]), values);
  return reshape(transpose(reshape(mixed, [rows, kvHeads, repeat, length, headDim]), [0, 3, 1, 2, 4]), [
    rows * length,
    model.heads * headDim,
  ]);
}

/** Attention of a prompt pass: [rows * length] tokens; `keep` is handed each layer's keys and values, [rows, kvHeads, length, d]. */
export function promptAttention(
  rows: number,
  length: number,
  model: Heads,
  keep: (layer: number, keys: Tensor, values: Tensor) => void,
): Attend {
  return (layer, q, k, v) => {
    const keys = splitKeys(k, rows, length, model);
    const values = splitKeys(v, rows, length, model);
    keep(layer, keys, values);
    return selfAttention(q, keys, values, rows, length, model, causalBias(length, windowWithin(model, layer, length)));
  };
}

/** Name of the input that lets the tokens of packed rows see their own sequence alone, no further back than a window. */
export const blockBiasName = (window: number | null): string => (window === null ? "block_bias" : `block_bias:${window}`);

/**
 * 0 where a query may look at a key of its own sequence, itself or before, within the window; a large negative number elsewhere:
 * [rows, 1, length, length]. `whose` [rows * length] numbers the sequences, -1 for padding.
 */
export function blockBias(whose: Int32Array, length: number, window: number | null): Float32Array {
  const out = new Float32Array(whose.length * length).fill(NEVER);
  for (let query = 0; query < whose.length; query++) {
    const start = query - (query % length);
    const first = Math.max(start, window === null ? start : query - window + 1);
    for (let key = query; key >= first && whose[key] === whose[query]; key--) out[query * length + key - start] = 0;
  }
  return out;
}

/** Attention of packed rows, [rows * length] tokens; `bias` gives the input [rows, 1, length, length] for a window. */
export function packedAttention(rows: number, length: number, model: Heads, bias: (window: number | null) => Tensor): Attend {
  return (layer, q, k, v) => {
    const [keys, values] = [splitKeys(k, rows, length, model), splitKeys(v, rows, length, model)];
    return selfAttention(q, keys, values, rows, length, model, bias(windowWithin(model, layer, length)));
  };
}

export interface GroupShape {
  /** groups in the batch, each one prompt and `members` completions behind it */
  rows: number;
  /** tokens of a prompt, of a completion, padding included */
  prompt: number;
  members: number;
  completion: number;
}

/**
 * Attention of a training row: the prompt sees itself, each completion sees the prompt and itself, and no other completion. The tokens
 * come as all prompts [rows * prompt] and then all completions [rows * members * completion]. A prompt's keys are used by all its
 * completions in one product, and no score between two completions is ever computed.
 *
 * `promptBias` [rows, 1, 1, prompt] hides padding of the prompt, or is null where there is none. `windowBias` [rows, 1, completion, prompt]
 * takes its place in layers with a window that hides something.
 */
export function groupAttention(shape: GroupShape, model: Heads, promptBias: Tensor | null, windowBias: (window: number) => Tensor): Attend {
  const { rows, prompt, members, completion } = shape;
  const { kvHeads, headDim } = model;
  const repeat = model.heads / kvHeads;
  const promptTokens = rows * prompt;
  const tokens = promptTokens + rows * members * completion;
  const alpha = headDim ** -0.5;
  const hidden = (scores: Tensor, window: number | null) => {
    if (window === null) return promptBias === null ? scores : add(scores, promptBias);
    return add(reshape(scores, [rows, kvHeads * members * repeat, completion, prompt]), windowBias(window));
  };
  return (layer, q, k, v) => {
    const window = windowWithin(model, layer, prompt + completion);
    const keys = splitKeys(slice(k, 0, 0, promptTokens), rows, prompt, model);
    const values = splitKeys(slice(v, 0, 0, promptTokens), rows, prompt, model);
    const ofPrompt = selfAttention(slice(q, 0, 0, promptTokens), keys, values, rows, prompt, model, causalBias(prompt, window));

    const own = (x: Tensor) =>
      transpose(reshape(slice(x, 0, promptTokens, tokens), [rows, members, completion, kvHeads, headDim]), [0, 3, 1, 2, 4]);
    const [ownKeys, ownValues] = [own(k), own(v)];
    const queries = transpose(
      reshape(slice(q, 0, promptTokens, tokens), [rows, members, completion, kvHeads, repeat, headDim]),
      [0, 3, 1, 4, 2, 5],
    );
    const forPrompt = matmul(reshape(queries, [rows, kvHeads, members * repeat * completion, headDim]), keys, { transB: true, alpha });
    const forOwn = matmul(reshape(queries, [rows, kvHeads, members, repeat * completion, headDim]), ownKeys, { transB: true, alpha });
    const stack = rows * kvHeads * members * repeat;
    const scores = concat(
      [
        reshape(hidden(forPrompt, window), [stack, completion, prompt]),
        add(reshape(forOwn, [stack, completion, completion]), causalBias(completion, window)),
      ],
      2,
    );
    const weights = softmax(scores);
    const onPrompt = reshape(slice(weights, 2, 0, prompt), [rows, kvHeads, members * repeat * completion, prompt]);
    const onOwn = reshape(slice(weights, 2, prompt, prompt + completion), [rows, kvHeads, members, repeat * completion, completion]);
    const mixed = add(
      reshape(matmul(onPrompt, values), [rows, kvHeads, members, repeat, completion, headDim]),
      reshape(matmul(onOwn, ownValues), [rows, kvHeads, members, repeat, completion, headDim]),
    );
    const ofCompletions = reshape(transpose(mixed, [0, 2, 4, 1, 3, 5]), [tokens - promptTokens, model.heads * headDim]);
    return concat([ofPrompt, ofCompletions], 0);
  };
}

/**
 * Attention of one new token in each of `slots` sequences over a cache [slots, kvHeads, capacity, d] and over itself. `bias`
 * [slots, 1, 1, capacity] hides what a slot has not filled, for a layer with a window also what lies beyond it. The cache is read where it
 * lies; `keep` is handed the new token's key and value [slots, kvHeads * d], for the caller to write behind the others.
 */
export function cachedAttention(
  slots: number,
  model: Heads,
  cache: (layer: number) => { keys: Tensor; values: Tensor },
  bias: (layer: number) => Tensor,
  keep: (layer: number, key: Tensor, value: Tensor) => void,
): Attend {
  const { kvHeads, headDim } = model;
  const repeat = model.heads / kvHeads;
  return (layer, q, k, v) => {
    keep(layer, k, v);
    const { keys, values } = cache(layer);
    const capacity = keys.shape[2]!;
    // the queries are scaled beforehand: a product with a factor of its own misses ONNX Runtime's path for single rows
    const queries = reshape(mul(q, headDim ** -0.5), [slots, kvHeads, repeat, headDim]);
    const old = add(matmul(queries, keys, { transB: true }), bias(layer));
    // one position is too little for a product of matrices
    const now = reduceSum(mul(queries, reshape(k, [slots, kvHeads, 1, headDim])), [3], true);
    const weights = softmax(concat([old, now], 3));
    const mixed = add(
      matmul(slice(weights, 3, 0, capacity), values),
      mul(slice(weights, 3, capacity, capacity + 1), reshape(v, [slots, kvHeads, 1, headDim])),
    );
    return reshape(mixed, [slots, model.heads * headDim]);
  };
}

/**
 * The same for a run of several tokens a slot, called once a token: over a cache that stays as it was when the run began, and over the
 * tokens of the run itself, which every slot has alike. `bias(layer)` [slots, 1, 1, capacity] is that of the token at hand. What the run
 * itself made stands in `made`, a layer's keys and values [slots, kvHeads, 1, d] of each token.
 */
export function runAttention(
  slots: number,
  model: Heads,
  cache: (layer: number) => { keys: Tensor; values: Tensor },
  bias: (layer: number) => Tensor,
  made: readonly { keys: Tensor[]; values: Tensor[] }[],
): Attend {
  const { kvHeads, headDim } = model;
  const repeat = model.heads / kvHeads;
  return (layer, q, k, v) => {
    const own = made[layer]!;
    own.keys.push(reshape(k, [slots, kvHeads, 1, headDim]));
    own.values.push(reshape(v, [slots, kvHeads, 1, headDim]));
    const { keys, values } = cache(layer);
    const capacity = keys.shape[2]!;
    const seen = Math.min(own.keys.length, model.windows[layer] ?? own.keys.length);
    const queries = reshape(mul(q, headDim ** -0.5), [slots, kvHeads, repeat, headDim]);
    const old = add(matmul(queries, keys, { transB: true }), bias(layer));
    const recent = matmul(queries, concat(own.keys.slice(-seen), 2), { transB: true });
    const weights = softmax(concat([old, recent], 3));
    const mixed = add(
      matmul(slice(weights, 3, 0, capacity), values),
      matmul(slice(weights, 3, capacity, capacity + seen), concat(own.values.slice(-seen), 2)),
    );
    return reshape(mixed, [slots, model.heads * headDim]);
  };
}

/** The bias that hides cached keys from a query: [slots, 1, 1, capacity], 0 for those from `first` on and before `filled`, [slots] each. */
export function rangeBias(capacity: number, filled: Tensor, first: Tensor | null): Tensor {
  const slots = filled.shape[0]!;
  const places = constant(
    Array.from({ length: capacity }, (_, i) => i),
    [1, capacity],
  );
  const column = (x: Tensor) => reshape(x, [slots, 1]);
  const real = greater(column(filled), places);
  const seen = first === null ? real : mul(real, greater(places, sub(column(first), 1)));
  return reshape(mul(sub(1, seen), NEVER), [slots, 1, 1, capacity]);
}
