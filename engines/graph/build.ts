import type { DType } from "./ops.ts";
import { apply, constant, type Tensor } from "./tensor.ts";

export { constant, indexConstant, input, sizeOf, type Tensor } from "./tensor.ts";

export type Operand = Tensor | number;

const lift = (x: Operand): Tensor => (typeof x === "number" ? constant(x) : x);
const binary =
  (op: "add" | "sub" | "mul" | "div" | "minimum" | "maximum" | "greater") =>
  (a: Operand, b: Operand): Tensor =>
    apply(op, [lift(a), lift(b)], {});
const unary =
  (op: "neg" | "exp" | "log" | "sqrt" | "reciprocal" | "sigmoid" | "tanh" | "abs" | "silu" | "erf" | "geluTanh" | "stopGradient") =>
  (x: Tensor): Tensor =>
    apply(op, [x], {});

export const add = binary("add");
export const sub = binary("sub");
export const mul = binary("mul");
export const div = binary("div");
export const minimum = binary("minimum");
export const maximum = binary("maximum");
/** 1 where a > b, else 0; no gradient. */
export const greater = binary("greater");
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor => apply("where", [condition, lift(a), lift(b)], {});

export const neg = unary("neg");
export const exp = unary("exp");
export const log = unary("log");
export const sqrt = unary("sqrt");
export const reciprocal = unary("reciprocal");
export const sigmoid = unary("sigmoid");
export const tanh = unary("tanh");
export const abs = unary("abs");
export const silu = unary("silu");
export const erf = unary("erf");
export const geluTanh = unary("geluTanh");
/** x times the normal distribution function of x: GELU as it was defined. Source: Hendrycks & Gimpel (arXiv:1606.08415). */
export const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
export const stopGradient = unary("stopGradient");
/** Halves as float32; `after`: not before that value is known, so that none is widened long before it is used. */
export const widen = (x: Tensor, after?: Tensor): Tensor => apply("widen", after === undefined ? [x] : [x, after], {});
export const clip = (x: Tensor, low: number, high: number): Tensor => apply("clip", [x], { low, high });

export interface MatmulOptions {
  transA?: boolean;
  transB?: boolean;
  alpha?: number;
}

export function matmul(a: Tensor, b: Tensor, { transA = false, transB = false, alpha = 1 }: MatmulOptions = {}): Tensor {
  return apply("matmul", [a, b], { transA, transB, alpha });
}

/** x [M, in] times weight [out, in] transposed, plus bias [out] where there is one: Hugging Face's layout of a linear layer. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const y = matmul(x, weight, { transB: true });
  return bias === undefined ? y : add(y, bias);
}

const isShape = (x: Tensor, shape: readonly number[]): boolean =>
  x.shape.length === shape.length && shape.every((d, i) => d === x.shape[i]);

/** The same entries under another shape; a shape in between leaves no trace. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const from = x.op === "reshape" ? x.inputs[0]! : x;
  return isShape(from, shape) ? from : apply("reshape", [from], { shape: [...shape] });
}

/** Axis i of the result is axis perm[i] of x. Where only axes of length 1 change places, no entry moves. */
export function transpose(x: Tensor, perm: number[]): Tensor {
  const y = apply("transpose", [x], { perm });
  const moved = perm.filter((axis) => x.shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > moved[i - 1]!) ? reshape(x, y.shape) : y;
}

export const expand = (x: Tensor, shape: readonly number[]): Tensor => apply("expand", [x], { shape: [...shape] });
export const concat = (parts: Tensor[], axis: number): Tensor => (parts.length === 1 ? parts[0]! : apply("concat", parts, { axis }));
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  return before === 0 && after === 0 ? x : apply("pad", [x], { axis, before, after });
}

/** Entries start to end (not included) of one axis; the whole axis gives x itself. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  return start === 0 && end === x.shape[axis] ? x : apply("slice", [x], { axis, start, end });
}

export function reduceSum(x: Tensor, axes: number[], keep = false): Tensor {
  return apply("reduceSum", [x], { axes, keep });
}

/** Sum of all entries, a scalar. */
export function sum(x: Tensor): Tensor {
  return x.shape.length === 0 ? x : reduceSum(x, [...x.shape.keys()]);
}

export const softmax = (x: Tensor): Tensor => apply("softmax", [x], {});
export const logSoftmax = (x: Tensor): Tensor => apply("logSoftmax", [x], {});
export const argmax = (x: Tensor): Tensor => apply("argmax", [x], {});
export const rmsNorm = (x: Tensor, weight: Tensor, eps: number): Tensor => apply("rmsNorm", [x, weight], { eps });
/** 1 / sqrt(mean(x^2) + eps) of each row, [..., 1]: what rmsNorm multiplies by. No gradient. */
export const rmsScale = (x: Tensor, weight: Tensor, eps: number): Tensor => apply("rmsScale", [x, weight], { eps });
export const layerNorm = (x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor => apply("layerNorm", [x, weight, bias], { eps });
/** Mean of each row, [..., 1], and 1 / sqrt(var + eps): what layerNorm subtracts and multiplies by. No gradient. */
export const layerNormMean = (x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor =>
  apply("layerNormMean", [x, weight, bias], { eps });
export const layerNormScale = (x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor =>
  apply("layerNormScale", [x, weight, bias], { eps });
export const rotary = (x: Tensor, cos: Tensor, sin: Tensor, heads: number): Tensor => apply("rotary", [x, cos, sin], { heads });

/** Whole numbers as indices, exact below 2^24. */
export const toIndex = (x: Tensor): Tensor => ({ ...apply("toIndex", [x], {}), dtype: "int" satisfies DType });

/** Rows of a table by index; of one stored as halves only those rows are widened. */
export function gatherRows(table: Tensor, ids: Tensor): Tensor {
  if (table.op === "widen") return widen(apply("gatherRows", [table.inputs[0]!, ids], {}));
  return apply("gatherRows", [table, ids], {});
}
export const putRows = (base: Tensor, ids: Tensor, rows: Tensor): Tensor => apply("putRows", [base, ids, rows], {});
export const pick = (x: Tensor, ids: Tensor): Tensor => apply("pick", [x, ids], {});
export const addAt = (x: Tensor, ids: Tensor, values: Tensor): Tensor => apply("addAt", [x, ids, values], {});
export const tokenLogprob = (logits: Tensor, ids: Tensor): Tensor => apply("tokenLogprob", [logits, ids], {});

/** ids [N] and rows [N, D] to [count, D], rows of one id added up. */
export function scatterAddRows(ids: Tensor, rows: Tensor, count: number): Tensor {
  // the first input decides a value's dtype, and this one is not made of ids
  return { ...apply("scatterAddRows", [ids, rows], { count }), dtype: "float32" satisfies DType };
}
