import type { OpAttributes, OpName } from "./ops.ts";
import type { Tensor } from "./tensor.ts";

type ShapeRules = { [Op in OpName]: (inputs: readonly Tensor[], attributes: OpAttributes[Op]) => number[] };

function shapeAt(inputs: readonly Tensor[], index: number): readonly number[] {
  const tensor = inputs[index];
  if (tensor === undefined) throw new Error(`operation lacks its input ${index}`);
  return tensor.shape;
}

/** NumPy's rule: aligned at the right, a 1 stretches. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`shapes [${a}] and [${b}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

const same = (inputs: readonly Tensor[]): number[] => [...shapeAt(inputs, 0)];
const both = (inputs: readonly Tensor[]): number[] => broadcast(shapeAt(inputs, 0), shapeAt(inputs, 1));
const eachRow = (inputs: readonly Tensor[]): number[] => [...shapeAt(inputs, 0).slice(0, -1), 1];
const size = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1);

export const shapeRules: ShapeRules = {
  input: () => {
    throw new Error("inputs are made by input()");
  },
  constant: () => {
    throw new Error("constants are made by constant()");
  },
  add: both,
  sub: both,
  mul: both,
  div: both,
  minimum: both,
  maximum: both,
  greater: both,
  where: (inputs) => broadcast(both(inputs), shapeAt(inputs, 2)),
  neg: same,
  exp: same,
  log: same,
  sqrt: same,
  reciprocal: same,
  sigmoid: same,
  tanh: same,
  abs: same,
  silu: same,
  erf: same,
  geluTanh: same,
  clip: same,
  widen: same,
  stopGradient: same,

  matmul(inputs, { transA, transB }) {
    const a = shapeAt(inputs, 0);
    const b = shapeAt(inputs, 1);
    check(a.length >= 2 && b.length >= 2, `matmul needs two axes, got [${a}] and [${b}]`);
    const [m, k] = transA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
    const [k2, n] = transB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
    check(k === k2, `matmul of [${a}]${transA ? "ᵀ" : ""} and [${b}]${transB ? "ᵀ" : ""}: ${k} against ${k2}`);
    return [...broadcast(a.slice(0, -2), b.slice(0, -2)), m, n];
  },

  transpose: (inputs, { perm }) => {
    const shape = shapeAt(inputs, 0);
    check(perm.length === shape.length, `transpose of [${shape}] by [${perm}]`);
    return perm.map((axis) => shape[axis]!);
  },
  reshape(inputs, { shape }) {
    const from = shapeAt(inputs, 0);
    check(size(from) === size(shape), `[${from}] does not reshape to [${shape}]`);
    return [...shape];
  },
  expand(inputs, { shape }) {
    const out = broadcast(shapeAt(inputs, 0), shape);
    check(size(out) === size(shape), `[${shapeAt(inputs, 0)}] does not expand to [${shape}]`);
    return out;
  },
  concat(inputs, { axis }) {
    const out = same(inputs);
    for (const other of inputs.slice(1)) {
      check(
        other.shape.length === out.length && other.shape.every((d, i) => i === axis || d === out[i]),
        `[${out}] and [${other.shape}] do not join along axis ${axis}`,
      );
    }
    out[axis] = inputs.reduce((sum, part) => sum + part.shape[axis]!, 0);
    return out;
  },
  slice(inputs, { axis, start, end }) {
    const out = same(inputs);
    check(start >= 0 && start < end && end <= out[axis]!, `slice ${start}:${end} of axis ${axis} of [${out}]`);
    out[axis] = end - start;
    return out;
  },
  pad(inputs, { axis, before, after }) {
    const out = same(inputs);
    out[axis] = out[axis]! + before + after;
    return out;
  },
  reduceSum(inputs, { axes, keep }) {
    const shape = shapeAt(inputs, 0);
    return keep ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));
  },

  softmax: same,
  logSoftmax: same,
  argmax: (inputs) => shapeAt(inputs, 0).slice(0, -1),
  rmsNorm: same,
  rmsScale: eachRow,
  layerNorm: same,
  layerNormMean: eachRow,
  layerNormScale: eachRow,
  rotary(inputs, { heads }) {
    const [rows, width] = shapeAt(inputs, 0);
    const angles = shapeAt(inputs, 1);
    check(
      angles.length === 2 && angles[0] === rows && angles[1]! * 2 * heads === width,
      `rotary of [${shapeAt(inputs, 0)}] in ${heads} heads by [${angles}]`,
    );
    return same(inputs);
  },

  toIndex: same,
  gatherRows(inputs) {
    const [, width] = shapeAt(inputs, 0);
    return [...shapeAt(inputs, 1), width!];
  },
  scatterAddRows: (inputs, { count }) => [count, shapeAt(inputs, 1)[1]!],
  putRows: same,
  pick: (inputs) => [...shapeAt(inputs, 1)],
  addAt: same,
  tokenLogprob: (inputs) => [...shapeAt(inputs, 1)],
};
