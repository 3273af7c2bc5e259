import { Random } from "../../core/random.ts";
import * as g from "../../engines/graph/build.ts";
import type { OpName } from "../../engines/graph/ops.ts";
import { sizeOf, type Tensor } from "../../engines/graph/tensor.ts";

/** A use of an operation on inputs drawn from a range away from its kinks. */
export interface OpCase {
  inputs: { shape: number[]; low?: number; high?: number; values?: number[]; ids?: number /** bits of binary16 */; half?: number[] }[];
  build: (...inputs: Tensor[]) => Tensor;
}

const a23 = { shape: [2, 3] };
const positive = { shape: [2, 3], low: 0.5, high: 2 };
const small = { shape: [2, 1] };
const rowsOf = g.constant([1, -2, 4, 0.5, 3, -1], [2, 3]);
const ofThree = (value: number) => g.constant([value, value, value], [3]);
/** [3, 200]: the largest twice, far apart; everything equal; the last one alone */
const ties = g.constant(
  [(i: number) => Number(i === 70 || i === 65 || i === 129), () => 0.5, (i: number) => Number(i === 199)].flatMap((f) =>
    Array.from({ length: 200 }, (_, i) => f(i)),
  ),
  [3, 200],
);
const unaryCase = (f: (x: Tensor) => Tensor, range = a23): OpCase[] => [{ inputs: [range], build: f }];
const binaryCases = (f: (a: Tensor, b: Tensor) => Tensor): OpCase[] => [
  { inputs: [a23, { shape: [2, 3], low: 0.6, high: 2 }], build: f },
  { inputs: [{ shape: [4, 2, 3] }, { shape: [2, 1], low: 0.6, high: 2 }], build: f },
  { inputs: [{ shape: [3] }, { shape: [2, 3], low: 0.6, high: 2 }], build: f },
];

export const opCases: Record<Exclude<OpName, "input">, OpCase[]> = {
  constant: [{ inputs: [a23], build: (x) => g.mul(x, g.constant([1, -2, 3], [3])) }],
  add: [...binaryCases(g.add), { inputs: [a23, small], build: g.add }],
  sub: binaryCases(g.sub),
  mul: binaryCases(g.mul),
  div: binaryCases(g.div),
  minimum: binaryCases(g.minimum),
  maximum: binaryCases(g.maximum),
  greater: [{ inputs: [a23, small], build: (a, b) => g.mul(g.greater(a, b), a) }],
  where: [{ inputs: [a23, a23, small], build: (c, a, b) => g.where(g.greater(c, 0), a, b) }],
  neg: unaryCase(g.neg),
  exp: unaryCase(g.exp),
  log: unaryCase(g.log, positive),
  sqrt: unaryCase(g.sqrt, positive),
  reciprocal: unaryCase(g.reciprocal, positive),
  sigmoid: unaryCase(g.sigmoid),
  tanh: unaryCase(g.tanh),
  abs: unaryCase(g.abs),
  silu: unaryCase(g.silu),
  erf: [...unaryCase(g.erf), ...unaryCase(g.gelu, { shape: [2, 3], low: -4, high: 4 } as typeof positive)],
  geluTanh: unaryCase(g.geluTanh, { shape: [2, 3], low: -3, high: 3 } as typeof positive),
  clip: [
    ...unaryCase((x) => g.clip(x, -0.31, 0.42)),
    ...unaryCase((x) => g.clip(x, -Infinity, 0.13)),
    ...unaryCase((x) => g.clip(x, 0.07, Infinity)),
  ],
  // 1, -2, 0.5, 31, the smallest normal and the smallest subnormal number
  widen: [
    {
      inputs: [{ shape: [2, 3], half: [0x3c00, 0xc000, 0x3800, 0x4fc0, 0x0400, 0x0001] }, a23],
      build: (h, x) => g.mul(g.widen(h), x),
    },
    { inputs: [{ shape: [2, 3], half: [0x3c00, 0xc000, 0x3800, 0x4248, 0x0400, 0xb555] }, a23], build: (h, x) => g.linear(x, g.widen(h)) },
    {
      inputs: [
        { shape: [2, 3], half: [0x3c00, 0xc000, 0x3800, 0x4248, 0x0400, 0xb555] },
        { shape: [3], values: [1, 0, 1] },
        { shape: [3, 3] },
      ],
      build: (h, ids, x) => g.mul(g.gatherRows(g.widen(h), ids), x),
    },
  ],
  stopGradient: [{ inputs: [a23, a23], build: (a, b) => g.mul(g.stopGradient(g.mul(b, 0)), a) }],
  matmul: [false, true].flatMap((transA) =>
    [false, true].flatMap((transB): OpCase[] => {
      const build = (a: Tensor, b: Tensor) => g.matmul(a, b, { transA, transB, alpha: 0.7 });
      const left = transA ? [4, 2] : [2, 4];
      const right = transB ? [3, 4] : [4, 3];
      return [
        { inputs: [{ shape: left }, { shape: right }], build },
        { inputs: [{ shape: [3, 2, ...left] }, { shape: [3, 2, ...right] }], build },
        { inputs: [{ shape: [3, 2, ...left] }, { shape: [3, 1, ...right] }], build },
      ];
    }),
  ),
  transpose: [
    { inputs: [{ shape: [2, 3, 4] }], build: (x) => g.transpose(x, [2, 0, 1]) },
    { inputs: [{ shape: [2, 1, 3, 1] }], build: (x) => g.transpose(x, [1, 0, 3, 2]) },
  ],
  reshape: [
    { inputs: [{ shape: [2, 3, 4] }], build: (x) => g.reshape(x, [6, 4]) },
    { inputs: [{ shape: [2, 3, 4] }], build: (x) => g.neg(g.reshape(g.reshape(x, [6, 4]), [4, 6])) },
  ],
  expand: [{ inputs: [{ shape: [2, 1] }], build: (x) => g.expand(x, [4, 2, 3]) }],
  concat: [{ inputs: [a23, { shape: [2, 1] }, a23], build: (a, b, c) => g.concat([a, b, c], 1) }],
  slice: [
    { inputs: [{ shape: [2, 5, 3] }], build: (x) => g.slice(x, 1, 1, 4) },
    // neighbours, in both orders, with a gap and overlapping
    ...[
      [0, 2, 2, 5],
      [3, 5, 1, 3],
      [0, 1, 2, 5],
      [0, 3, 2, 5],
    ].map(([a, b, c, d]): OpCase => {
      const build = (x: Tensor) => g.concat([g.neg(g.slice(x, 1, a!, b!)), g.exp(g.slice(x, 1, c!, d!))], 1);
      return { inputs: [{ shape: [2, 5, 3] }], build };
    }),
  ],
  pad: [{ inputs: [{ shape: [2, 5, 3] }], build: (x) => g.pad(x, 1, 2, 1) }],
  reduceSum: [
    { inputs: [{ shape: [2, 5, 3] }], build: (x) => g.reduceSum(x, [0, 2]) },
    { inputs: [{ shape: [2, 5, 3] }], build: (x) => g.reduceSum(x, [1], true) },
    { inputs: [a23], build: g.sum },
  ],
  softmax: unaryCase(g.softmax),
  logSoftmax: unaryCase(g.logSoftmax),
  // the place of the largest is data, and the gradient that of the factor beside it
  argmax: [
    { inputs: [a23], build: (x) => g.mul(g.argmax(rowsOf), g.reduceSum(x, [1])) },
    // of equals the first, in rows long enough to be shared out between threads
    { inputs: [{ shape: [3] }], build: (x) => g.mul(g.argmax(ties), x) },
    { inputs: [{ shape: [2, 2, 300] }, { shape: [2, 2] }], build: (x, y) => g.mul(g.argmax(g.stopGradient(g.mul(x, 0.5))), y) },
  ],
  rmsNorm: [
    { inputs: [a23, { shape: [3] }], build: (x, w) => g.rmsNorm(x, w, 1e-5) },
    { inputs: [{ shape: [2, 4, 3] }, { shape: [3] }], build: (x, w) => g.rmsNorm(x, w, 1e-2) },
  ],
  layerNorm: [
    { inputs: [a23, { shape: [3] }, { shape: [3] }], build: (x, w, b) => g.layerNorm(x, w, b, 1e-5) },
    { inputs: [{ shape: [2, 4, 3] }, { shape: [3] }, { shape: [3] }], build: (x, w, b) => g.layerNorm(x, w, b, 1e-2) },
  ],
  // by-products are data: their gradient is that of the factor beside them
  rmsScale: [
    { inputs: [a23], build: (x) => g.mul(g.rmsScale(rowsOf, ofThree(1), 1e-2), x) },
    // beside the norm that it is a by-product of
    { inputs: [a23], build: (x) => g.add(g.mul(g.rmsScale(rowsOf, ofThree(1), 1e-2), x), g.rmsNorm(rowsOf, ofThree(1), 1e-2)) },
  ],
  layerNormMean: [{ inputs: [a23], build: (x) => g.mul(g.layerNormMean(rowsOf, ofThree(1), ofThree(0), 1e-2), x) }],
  layerNormScale: [{ inputs: [a23], build: (x) => g.mul(g.layerNormScale(rowsOf, ofThree(1), ofThree(0), 1e-2), x) }],
  rotary: [
    {
      inputs: [{ shape: [5, 8] }, { shape: [5, 2] }, { shape: [5, 2] }],
      build: (x, c, s) => g.rotary(x, g.stopGradient(c), g.stopGradient(s), 2),
    },
  ],
  toIndex: [
    { inputs: [{ shape: [5, 3] }], build: (x) => g.gatherRows(x, g.toIndex(g.constant([4, 0, 4], [3]))) },
    { inputs: [{ shape: [5, 3] }], build: (x) => g.gatherRows(x, g.toIndex(g.argmax(rowsOf))) },
  ],
  gatherRows: [
    { inputs: [{ shape: [5, 3] }, { shape: [4], values: [1, 4, 1, 0] }], build: (x, ids) => g.gatherRows(x, ids) },
    { inputs: [{ shape: [5, 3] }, { shape: [2, 2], values: [1, 4, 1, 0] }], build: (x, ids) => g.gatherRows(x, ids) },
  ],
  scatterAddRows: [
    { inputs: [{ shape: [4], values: [1, 4, 1, 0] }, { shape: [4, 3] }], build: (ids, rows) => g.scatterAddRows(ids, rows, 6) },
  ],
  putRows: [
    { inputs: [{ shape: [5, 3] }, { shape: [2], values: [3, 1] }, { shape: [2, 3] }], build: (x, ids, rows) => g.putRows(x, ids, rows) },
  ],
  pick: [{ inputs: [{ shape: [3, 4] }, { shape: [3], values: [1, 3, 0] }], build: (x, ids) => g.pick(x, ids) }],
  addAt: [
    { inputs: [{ shape: [3, 4] }, { shape: [3], values: [1, 3, 0] }, { shape: [3] }], build: (x, ids, values) => g.addAt(x, ids, values) },
  ],
  tokenLogprob: [{ inputs: [{ shape: [3, 4] }, { shape: [3], values: [1, 3, 0] }], build: (x, ids) => g.tokenLogprob(x, ids) }],
};

/** Inputs x0, x1, … of a case with seeded values, and a weighted sum of its result, so that every entry counts differently. */
export function instantiate({ inputs, build }: OpCase, seed: number) {
  const random = new Random(seed);
  const tensors = inputs.map(({ shape, values, half }, i) => {
    return g.input(`x${i}`, shape, half !== undefined ? "half" : values === undefined ? "float32" : "int");
  });
  const feeds: Record<string, Float64Array> = {};
  inputs.forEach(({ shape, low = -1, high = 1, values, half }, i) => {
    const given = values ?? half;
    feeds[`x${i}`] = Float64Array.from({ length: sizeOf(shape) }, (_, j) => given?.[j] ?? low + (high - low) * random.uniform());
  });
  const result = build(...tensors);
  const weights = Array.from({ length: sizeOf(result.shape) }, () => random.uniform() + 0.5);
  const scalar = g.sum(g.mul(result, g.constant(weights, result.shape)));
  return { tensors, feeds, result, scalar, floats: tensors.filter((t) => t.dtype === "float32") };
}
