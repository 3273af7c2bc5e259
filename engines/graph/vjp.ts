import {
  add,
  addAt,
  constant,
  div,
  exp,
  expand,
  gatherRows,
  greater,
  layerNormMean,
  layerNormScale,
  matmul,
  mul,
  neg,
  pad,
  pick,
  putRows,
  reduceSum,
  reshape,
  rmsScale,
  rotary,
  scatterAddRows,
  sigmoid,
  sizeOf,
  slice,
  softmax,
  sub,
  transpose,
  where,
  widen,
} from "./build.ts";
import type { OpName } from "./ops.ts";
import type { Tensor } from "./tensor.ts";

/** Gradients of the inputs of `y`, given the gradient `g` of `y`; null where none passes. `wanted[i]` is false where input i needs none. */
type VjpRules = { [Op in OpName]: (g: Tensor, y: Tensor<Op>, wanted: readonly boolean[]) => (Tensor | null)[] };

/** The gradient of a broadcast input: summed over the axes that were stretched. */
function unbroadcast(g: Tensor, shape: readonly number[]): Tensor {
  const extra = g.shape.length - shape.length;
  const axes = [...g.shape.keys()].filter((i) => i < extra || (shape[i - extra] === 1 && g.shape[i] !== 1));
  if (axes.length === 0 && extra === 0) return g;
  if (g.shape.length === 2 && shape.length === 1 && axes.length === 1) return columnSum(g);
  return reshape(axes.length === 0 ? g : reduceSum(g, axes), shape);
}

function in0(y: Tensor): Tensor {
  return y.inputs[0]!;
}

function pair(y: Tensor): [Tensor, Tensor] {
  return [y.inputs[0]!, y.inputs[1]!];
}

/** x [M, D] times a vector [D]: [M, 1]. */
function rowDot(x: Tensor, vector: Tensor): Tensor {
  return matmul(x, reshape(vector, [vector.shape[0]!, 1]));
}

/** The sum over rows of x [M, D]: [D]. A product with ones is faster than a reduction over the outer axis. */
function columnSum(x: Tensor): Tensor {
  const rows = x.shape[0]!;
  return reshape(matmul(expand(constant(1, [1, 1]), [1, rows]), x), [x.shape[1]!]);
}

const flat = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape) / x.shape.at(-1)!, x.shape.at(-1)!]);

/** Halves that the forward pass widened are widened again once the gradient is there, rather than kept as float32. */
function widenedAgain(x: Tensor, g: Tensor): Tensor {
  return x.op === "widen" && x.inputs.length === 1 ? widen(in0(x), g) : x;
}

const nothing = (_: Tensor, y: Tensor): null[] => y.inputs.map(() => null);

export const vjpRules: VjpRules = {
  input: nothing,
  constant: nothing,
  add: (g, y) => y.inputs.map((x) => unbroadcast(g, x.shape)),
  sub: (g, y) => [unbroadcast(g, in0(y).shape), unbroadcast(neg(g), y.inputs[1]!.shape)],
  mul(g, y) {
    const [a, b] = pair(y);
    return [unbroadcast(mul(g, b), a.shape), unbroadcast(mul(g, a), b.shape)];
  },
  div(g, y) {
    const [a, b] = pair(y);
    return [unbroadcast(div(g, b), a.shape), unbroadcast(neg(div(mul(g, y), b)), b.shape)];
  },
  // at a tie the whole gradient goes to the second input, where torch would halve it
  minimum(g, y) {
    const [a, b] = pair(y);
    const first = greater(b, a);
    return [unbroadcast(mul(g, first), a.shape), unbroadcast(mul(g, sub(1, first)), b.shape)];
  },
  maximum(g, y) {
    const [a, b] = pair(y);
    const first = greater(a, b);
    return [unbroadcast(mul(g, first), a.shape), unbroadcast(mul(g, sub(1, first)), b.shape)];
  },
  greater: nothing,
  where(g, y) {
    const [condition, a, b] = [y.inputs[0]!, y.inputs[1]!, y.inputs[2]!];
    return [null, unbroadcast(where(condition, g, 0), a.shape), unbroadcast(where(condition, 0, g), b.shape)];
  },

  neg: (g) => [neg(g)],
  exp: (g, y) => [mul(g, y)],
  log: (g, y) => [div(g, in0(y))],
  sqrt: (g, y) => [div(mul(g, 0.5), y)],
  reciprocal: (g, y) => [neg(mul(g, mul(y, y)))],
  sigmoid: (g, y) => [mul(g, mul(y, sub(1, y)))],
  tanh: (g, y) => [mul(g, sub(1, mul(y, y)))],
  abs: (g, y) => [mul(g, sub(greater(in0(y), 0), greater(neg(in0(y)), 0)))],
  erf: (g, y) => [mul(g, mul(exp(neg(mul(in0(y), in0(y)))), 2 / Math.sqrt(Math.PI)))],
  // d/dx x s(x) = s + y (1 - s)
  silu(g, y) {
    const s = sigmoid(in0(y));
    return [mul(g, add(s, sub(y, mul(y, s))))];
  },
  // y = x s, s = sigmoid(2u): s + y (1 - s) 2u', 2u' = 2 sqrt(2/pi) (1 + 3 * 0.044715 x^2)
  geluTanh(g, y) {
    const x = in0(y);
    const rate = 2 * Math.sqrt(2 / Math.PI);
    const square = mul(x, x);
    const s = sigmoid(mul(x, add(mul(square, 0.044715 * rate), rate)));
    const slope = add(mul(square, 3 * 0.044715 * rate), rate);
    return [mul(g, add(s, mul(sub(y, mul(y, s)), slope)))];
  },
  // the bounds themselves pass the gradient, as torch.clamp does
  clip(g, y) {
    const { low, high } = y.attributes;
    const x = in0(y);
    const outside = add(Number.isFinite(low) ? greater(low, x) : 0, Number.isFinite(high) ? greater(x, high) : 0);
    return [mul(g, sub(1, outside))];
  },
  widen: nothing,
  stopGradient: nothing,

  matmul(g, y, wanted) {
    const [a, b] = pair(y).map((x) => widenedAgain(x, g)) as [Tensor, Tensor];
    const { transA, transB, alpha } = y.attributes;
    const da = () => (transA ? matmul(b, g, { transA: transB, transB: true, alpha }) : matmul(g, b, { transB: !transB, alpha }));
    const db = () => (transB ? matmul(g, a, { transA: true, transB: transA, alpha }) : matmul(a, g, { transA: !transA, alpha }));
    return [wanted[0] ? unbroadcast(da(), a.shape) : null, wanted[1] ? unbroadcast(db(), b.shape) : null];
  },

  transpose(g, y) {
    const inverse: number[] = [];
    y.attributes.perm.forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [transpose(g, inverse)];
  },
  reshape: (g, y) => [reshape(g, in0(y).shape)],
  expand: (g, y) => [unbroadcast(g, in0(y).shape)],
  concat(g, y) {
    let start = 0;
    return y.inputs.map((part) => {
      const end = start + part.shape[y.attributes.axis]!;
      const piece = slice(g, y.attributes.axis, start, end);
      start = end;
      return piece;
    });
  },
  slice(g, y) {
    const { axis, start, end } = y.attributes;
    return [pad(g, axis, start, in0(y).shape[axis]! - end)];
  },
  pad(g, y) {
    const { axis, before } = y.attributes;
    return [slice(g, axis, before, before + in0(y).shape[axis]!)];
  },
  reduceSum(g, y) {
    const { shape } = in0(y);
    return [
      expand(
        reshape(
          g,
          shape.map((d, i) => (y.attributes.axes.includes(i) ? 1 : d)),
        ),
        shape,
      ),
    ];
  },

  softmax: (g, y) => {
    const weighted = mul(g, y);
    return [sub(weighted, mul(y, reduceSum(weighted, [y.shape.length - 1], true)))];
  },
  logSoftmax: (g, y) => [sub(g, mul(exp(y), reduceSum(g, [y.shape.length - 1], true)))],
  argmax: nothing,

  // n = x r, r = 1 / rms(x): dx = r (g w) - n r mean(g w n); dw = sum over rows of g n
  rmsNorm(g, y, wanted) {
    const { eps } = y.attributes;
    const weight = y.inputs[1]!;
    const x = flat(in0(y));
    const gradient = flat(g);
    const scale = flat(rmsScale(in0(y), weight, eps));
    const normal = mul(x, scale);
    const product = mul(gradient, normal);
    const mean = mul(rowDot(product, weight), 1 / x.shape[1]!);
    const dx = mul(sub(mul(gradient, weight), mul(normal, mean)), scale);
    return [reshape(dx, in0(y).shape), wanted[1] ? columnSum(product) : null];
  },
  // as rmsNorm of the centred row, with the gradient's own mean taken out
  layerNorm(g, y, wanted) {
    const { eps } = y.attributes;
    const weight = y.inputs[1]!;
    const x = flat(in0(y));
    const width = x.shape[1]!;
    const gradient = flat(g);
    const centred = sub(x, flat(layerNormMean(in0(y), weight, y.inputs[2]!, eps)));
    const scale = flat(layerNormScale(in0(y), weight, y.inputs[2]!, eps));
    const normal = mul(centred, scale);
    const product = mul(gradient, normal);
    const meanProduct = mul(rowDot(product, weight), 1 / width);
    const meanGradient = mul(rowDot(gradient, weight), 1 / width);
    const dx = mul(sub(sub(mul(gradient, weight), meanGradient), mul(normal, meanProduct)), scale);
    return [reshape(dx, in0(y).shape), wanted[1] ? columnSum(product) : null, wanted[2] ? columnSum(gradient) : null];
  },
  rmsScale: nothing,
  layerNormMean: nothing,
  layerNormScale: nothing,
  // a turn by the opposite angle; the angles themselves are data
  rotary: (g, y) => [rotary(g, y.inputs[1]!, neg(y.inputs[2]!), y.attributes.heads), null, null],

  toIndex: nothing,
  gatherRows(g, y) {
    const [table, ids] = pair(y);
    const count = sizeOf(ids.shape);
    return [scatterAddRows(reshape(ids, [count]), reshape(g, [count, table.shape[1]!]), table.shape[0]!), null];
  },
  scatterAddRows: (g, y) => [null, gatherRows(g, in0(y))],
  putRows(g, y) {
    const [, ids] = pair(y);
    const rows = y.inputs[2]!;
    return [putRows(g, ids, mul(rows, 0)), null, gatherRows(g, ids)];
  },
  pick: (g, y) => [addAt(expand(constant(0), in0(y).shape), y.inputs[1]!, g), null],
  addAt: (g, y) => [g, null, pick(g, y.inputs[1]!)],
  tokenLogprob(g, y) {
    const [logits, ids] = pair(y);
    return [addAt(mul(softmax(logits), neg(reshape(g, [...g.shape, 1]))), ids, g), null];
  },
};
