import type { OpAttributes, OpName } from "../graph/ops.ts";
import { broadcastSteps, type NdArray, offsets, rows, strides, zeros } from "./array.ts";
import { erf } from "./erf.ts";
import { layerNorm, logSoftmaxRow, matmul, rmsNorm, rotary, softmaxRow } from "./linear.ts";

/** What an operation gives, plainly: inputs, the shape of the result (already known) and the operation's attributes. */
type Kernels = { [Op in OpName]: (inputs: readonly NdArray[], shape: readonly number[], attributes: OpAttributes[Op]) => NdArray };

const elementwise =
  (f: (...values: number[]) => number) =>
  (inputs: readonly NdArray[], shape: readonly number[]): NdArray => {
    const out = zeros(shape);
    const places = inputs.map((x) => offsets(shape, broadcastSteps(x.shape, shape)));
    const [a, b, c] = inputs.map((x) => x.data);
    const [pa, pb, pc] = places;
    for (let i = 0; i < out.data.length; i++) {
      out.data[i] = f(a![pa![i]!]!, b === undefined ? 0 : b[pb![i]!]!, c === undefined ? 0 : c[pc![i]!]!);
    }
    return out;
  };

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Copies x into a block of a larger (or out of a smaller) array along one axis, starting at `start` of `to`. */
function copyBlock(x: NdArray, to: NdArray, axis: number, start: number): void {
  const inner = strides(to.shape)[axis]!;
  const span = x.shape[axis]! * inner;
  const outer = x.data.length / Math.max(1, span);
  const step = to.shape[axis]! * inner;
  for (let i = 0; i < outer; i++) {
    to.data.set(x.data.subarray(i * span, (i + 1) * span), i * step + start * inner);
  }
}

const eachRow =
  (f: (row: Float64Array, out: Float64Array) => void) =>
  ([x]: readonly NdArray[], shape: readonly number[]): NdArray => {
    const out = zeros(shape);
    const { count, width } = rows(x!);
    for (let i = 0; i < count; i++) f(x!.data.subarray(i * width, (i + 1) * width), out.data.subarray(i * width, (i + 1) * width));
    return out;
  };

const mean = (row: Float64Array, f: (v: number) => number): number => row.reduce((sum, v) => sum + f(v), 0) / row.length;

const eachRowNumber =
  (f: (row: Float64Array, eps: number) => number) =>
  ([x]: readonly NdArray[], shape: readonly number[], { eps }: { eps: number }): NdArray => {
    const { count, width } = rows(x!);
    return { shape, data: Float64Array.from({ length: count }, (_, i) => f(x!.data.subarray(i * width, (i + 1) * width), eps)) };
  };

export const kernels: Kernels = {
  input: () => {
    throw new Error("inputs are fed, not computed");
  },
  constant: (_, shape, { data }) => ({ shape, data: Float64Array.from(data) }),
  add: elementwise((a, b) => a + b!),
  sub: elementwise((a, b) => a - b!),
  mul: elementwise((a, b) => a * b!),
  div: elementwise((a, b) => a / b!),
  minimum: elementwise((a, b) => Math.min(a, b!)),
  maximum: elementwise((a, b) => Math.max(a, b!)),
  greater: elementwise((a, b) => (a > b! ? 1 : 0)),
  where: elementwise((condition, a, b) => (condition !== 0 ? a! : b!)),
  neg: elementwise((x) => -x),
  exp: elementwise(Math.exp),
  log: elementwise(Math.log),
  sqrt: elementwise(Math.sqrt),
  reciprocal: elementwise((x) => 1 / x),
  sigmoid: elementwise(sigmoid),
  tanh: elementwise(Math.tanh),
  abs: elementwise(Math.abs),
  erf: elementwise(erf),
  silu: elementwise((x) => x * sigmoid(x)),
  geluTanh: elementwise((x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  clip: (inputs, shape, { low, high }) => elementwise((x) => Math.min(Math.max(x, low), high))(inputs, shape),
  // inputs of halves are read as numbers
  widen: ([x]) => x!,
  stopGradient: ([x]) => x!,

  matmul,
  transpose([x], shape, { perm }) {
    const own = strides(x!.shape);
    const places = offsets(
      shape,
      perm.map((axis) => own[axis]!),
    );
    return { shape, data: Float64Array.from(places, (place) => x!.data[place]!) };
  },
  reshape: ([x], shape) => ({ shape, data: x!.data }),
  expand([x], shape) {
    const places = offsets(shape, broadcastSteps(x!.shape, shape));
    return { shape, data: Float64Array.from(places, (place) => x!.data[place]!) };
  },
  concat(inputs, shape, { axis }) {
    const out = zeros(shape);
    let start = 0;
    for (const part of inputs) {
      copyBlock(part, out, axis, start);
      start += part.shape[axis]!;
    }
    return out;
  },
  slice([x], shape, { axis, start }) {
    const out = zeros(shape);
    const inner = strides(x!.shape)[axis]!;
    const span = shape[axis]! * inner;
    const step = x!.shape[axis]! * inner;
    for (let i = 0; i * span < out.data.length; i++) {
      out.data.set(x!.data.subarray(i * step + start * inner, i * step + start * inner + span), i * span);
    }
    return out;
  },
  pad([x], shape, { axis, before }) {
    const out = zeros(shape);
    copyBlock(x!, out, axis, before);
    return out;
  },
  reduceSum([x], shape, { axes }) {
    const out = zeros(shape);
    const kept = x!.shape.map((d, axis) => (axes.includes(axis) ? 1 : d));
    const places = offsets(x!.shape, broadcastSteps(kept, x!.shape));
    x!.data.forEach((value, i) => {
      out.data[places[i]!]! += value;
    });
    return out;
  },

  softmax: eachRow(softmaxRow),
  logSoftmax: eachRow(logSoftmaxRow),
  argmax([x], shape) {
    const { count, width } = rows(x!);
    const largest = (row: Float64Array) => row.reduce((best, value, i) => (value > row[best]! ? i : best), 0);
    return { shape, data: Float64Array.from({ length: count }, (_, i) => largest(x!.data.subarray(i * width, (i + 1) * width))) };
  },
  rmsNorm,
  rmsScale: eachRowNumber((row, eps) => 1 / Math.sqrt(mean(row, (v) => v * v) + eps)),
  layerNorm,
  layerNormMean: eachRowNumber((row) => mean(row, (v) => v)),
  layerNormScale: eachRowNumber((row, eps) => {
    const centre = mean(row, (v) => v);
    return 1 / Math.sqrt(mean(row, (v) => (v - centre) ** 2) + eps);
  }),
  rotary,

  toIndex: ([x]) => x!,
  gatherRows([table, ids], shape) {
    const width = table!.shape[1]!;
    const out = zeros(shape);
    ids!.data.forEach((id, i) => {
      out.data.set(table!.data.subarray(id * width, (id + 1) * width), i * width);
    });
    return out;
  },
  scatterAddRows([ids, values], shape) {
    const width = shape[1]!;
    const out = zeros(shape);
    ids!.data.forEach((id, i) => {
      for (let j = 0; j < width; j++) out.data[id * width + j]! += values!.data[i * width + j]!;
    });
    return out;
  },
  putRows([base, ids, values], shape) {
    const width = shape[1]!;
    const out = { shape, data: Float64Array.from(base!.data) };
    ids!.data.forEach((id, i) => {
      out.data.set(values!.data.subarray(i * width, (i + 1) * width), id * width);
    });
    return out;
  },
  pick: ([x, ids], shape) => ({ shape, data: Float64Array.from(ids!.data, (id, i) => x!.data[i * x!.shape[1]! + id]!) }),
  addAt([x, ids, values], shape) {
    const out = { shape, data: Float64Array.from(x!.data) };
    ids!.data.forEach((id, i) => {
      out.data[i * shape[1]! + id]! += values!.data[i]!;
    });
    return out;
  },
  tokenLogprob([logits, ids], shape) {
    const normal = kernels.logSoftmax([logits!], logits!.shape, {});
    return kernels.pick([normal, ids!], shape, {});
  },
};
