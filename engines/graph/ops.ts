/**
 * Every operation of the graph and what it carries besides its inputs. The tables (shape, vjp, ONNX lowering, reference kernel) are
 * typed by these names: one that lacks a row does not compile.
 */
export interface OpAttributes {
  input: { name: string };
  /** values in full precision (an executor rounds them to its own), or whole numbers for the dtype "int" */
  constant: { data: Float64Array | Int32Array };

  // element by element, NumPy broadcasting
  add: None;
  sub: None;
  mul: None;
  div: None;
  minimum: None;
  maximum: None;
  /** 1 where a > b, else 0 */
  greater: None;
  /** condition (0 or not), a, b */
  where: None;

  // element by element, one input
  neg: None;
  exp: None;
  log: None;
  sqrt: None;
  reciprocal: None;
  sigmoid: None;
  tanh: None;
  abs: None;
  silu: None;
  /** the error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x */
  erf: None;
  /** x * sigmoid(2u), u = sqrt(2 / pi) * (x + 0.044715 x^3): the tanh form of GELU */
  geluTanh: None;
  clip: { low: number; high: number };
  /** halves as float32, no gradient; of two inputs the second only says what has to be there before */
  widen: None;
  /** the value passes, no gradient does */
  stopGradient: None;

  /** alpha * op(a) op(b) over the last two axes, leading axes broadcast */
  matmul: { transA: boolean; transB: boolean; alpha: number };

  // shape
  transpose: { perm: number[] };
  reshape: { shape: number[] };
  expand: { shape: number[] };
  concat: { axis: number };
  slice: { axis: number; start: number; end: number };
  /** zeros before and after along one axis */
  pad: { axis: number; before: number; after: number };

  reduceSum: { axes: number[]; keep: boolean };

  // over the last axis
  softmax: None;
  logSoftmax: None;
  /** which entry of each row is the largest, the first of equals: [..., V] -> [...], whole numbers; no gradient */
  argmax: None;
  /** x / sqrt(mean(x^2) + eps) * weight */
  rmsNorm: { eps: number };
  /** x, weight -> 1 / sqrt(mean(x^2) + eps), [..., 1]: a by-product of rmsNorm of the same inputs, for its gradient; has none itself */
  rmsScale: { eps: number };
  /** (x - mean) / sqrt(var + eps) * weight + bias */
  layerNorm: { eps: number };
  /** mean and 1 / sqrt(var + eps), [..., 1] each: by-products of layerNorm of the same inputs, for its gradient; have none themselves */
  layerNormMean: { eps: number };
  layerNormScale: { eps: number };
  /** x [M, heads * d] turned by angles whose cos and sin are [M, d / 2]: halves (x1, x2) become (x1 c - x2 s, x2 c + x1 s) */
  rotary: { heads: number };

  // rows and entries by index
  /** whole numbers as indices; no gradient */
  toIndex: None;
  /** table [V, D], ids [...] -> [..., D] */
  gatherRows: None;
  /** ids [N], rows [N, D] -> [count, D]: rows of one id are added */
  scatterAddRows: { count: number };
  /** base [M, D], ids [N] all different, rows [N, D] -> base with those rows replaced */
  putRows: None;
  /** x [N, V], ids [N] -> [N] */
  pick: None;
  /** x [N, V], ids [N], values [N] -> x with values[n] added at [n, ids[n]] */
  addAt: None;
  /** log softmax of logits [N, V] at ids [N] -> [N], nats */
  tokenLogprob: None;
}

// biome-ignore lint/complexity/noBannedTypes: no attributes is exactly the empty object
type None = {};

export type OpName = keyof OpAttributes;
/** "half" values are storage alone, IEEE 754 binary16: arithmetic starts from `widen`. */
export type DType = "float32" | "int" | "half";
