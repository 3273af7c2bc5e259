import type { OpName } from "../graph/ops.ts";
import { sizeOf, type Tensor } from "../graph/tensor.ts";
import { matmul } from "./matmul.ts";
import { addAt, argmax, flatIndices, gatherFlat, layerStatistics, logSumExp, putRows, rmsScale, rotary, scatterRows } from "./parts.ts";
import type { Plan, Value } from "./plan.ts";
import { binary, cast, concat, expand, pad, reshape, scaled, slice, sum, transpose, unary } from "./primitives.ts";

/** How each operation is written in TensorFlow.js's kernels: takes the plan's values of its inputs, gives its own. */
type Lowerings = { [Op in OpName]: (plan: Plan, inputs: Value[], y: Tensor<Op>) => Value };

const pair =
  (kernel: string) =>
  (plan: Plan, [a, b]: Value[]): Value =>
    binary(plan, kernel, a!, b!);
const one =
  (kernel: string) =>
  (plan: Plan, [x]: Value[]): Value =>
    unary(plan, kernel, x!);
const itself = (_: Plan, [x]: Value[]): Value => x!;

/** The largest float32: bounds that are not finite are beyond it, and not every device reads them. */
const LARGEST = 3.4028234663852886e38;

export const lowerings: Lowerings = {
  input: (plan, _, { attributes: { name }, shape, dtype }) => plan.feed(name, shape, dtype),
  constant(plan, _, { attributes: { data }, shape }) {
    if (data instanceof Int32Array) return plan.constant(data, shape);
    return shape.length === 0 ? plan.scalar(data[0]!) : plan.constant(Float32Array.from(data), shape);
  },
  add: pair("Add"),
  sub: pair("Sub"),
  mul: pair("Multiply"),
  div: pair("RealDiv"),
  minimum: pair("Minimum"),
  maximum: pair("Maximum"),
  greater: (plan, [a, b]) => cast(plan, binary(plan, "Greater", a!, b!), "float32"),
  where(plan, [condition, a, b], { shape }) {
    // the kernel wants all three of one shape
    const [c, t, e] = [condition!, a!, b!].map((x) => expand(plan, x, shape));
    return plan.kernel("Select", { condition: binary(plan, "NotEqual", c!, plan.scalar(0)), t: t!, e: e! }, {}, shape);
  },
  neg: one("Neg"),
  exp: one("Exp"),
  log: one("Log"),
  sqrt: one("Sqrt"),
  reciprocal: (plan, [x]) => binary(plan, "RealDiv", plan.scalar(1), x!),
  sigmoid: one("Sigmoid"),
  tanh: one("Tanh"),
  abs: one("Abs"),
  erf: one("Erf"),
  silu: (plan, [x]) => binary(plan, "Multiply", x!, unary(plan, "Sigmoid", x!)),
  geluTanh(plan, [x]) {
    const rate = 2 * Math.sqrt(2 / Math.PI);
    const square = binary(plan, "Multiply", x!, x!);
    const slope = binary(plan, "Add", scaled(plan, square, 0.044715 * rate), plan.scalar(rate));
    return binary(plan, "Multiply", x!, unary(plan, "Sigmoid", binary(plan, "Multiply", x!, slope)));
  },
  clip: (plan, [x], { attributes: { low, high }, shape }) =>
    plan.kernel("ClipByValue", { x: x! }, { clipValueMin: Math.max(low, -LARGEST), clipValueMax: Math.min(high, LARGEST) }, shape),
  // halves are fed as float32
  widen: itself,
  stopGradient: itself,

  matmul: (plan, [a, b], y) => matmul(plan, a!, b!, y.attributes, y.shape),
  transpose: (plan, [x], { attributes: { perm } }) => transpose(plan, x!, perm),
  reshape: (plan, [x], { shape }) => reshape(plan, x!, shape),
  expand: (plan, [x], { shape }) => expand(plan, x!, shape),
  concat: (plan, inputs, { attributes: { axis } }) => concat(plan, inputs, axis),
  slice: (plan, [x], { attributes: { axis, start, end } }) => slice(plan, x!, axis, start, end),
  pad: (plan, [x], { attributes: { axis, before, after } }) => pad(plan, x!, axis, before, after),
  reduceSum: (plan, [x], { attributes: { axes, keep } }) => sum(plan, x!, axes, keep),

  softmax: (plan, [x], { shape }) => plan.kernel("Softmax", { logits: x! }, { dim: shape.length - 1 }, shape),
  argmax: (plan, [x]) => argmax(plan, x!),
  logSoftmax: (plan, [x]) => binary(plan, "Sub", x!, logSumExp(plan, x!)),
  rmsNorm: (plan, [x, weight], { attributes: { eps } }) =>
    binary(plan, "Multiply", binary(plan, "Multiply", x!, rmsScale(plan, x!, eps)), weight!),
  rmsScale: (plan, [x], { attributes: { eps } }) => rmsScale(plan, x!, eps),
  layerNorm(plan, [x, weight, bias], { attributes: { eps } }) {
    const { centred, scale } = layerStatistics(plan, x!, eps);
    return binary(plan, "Add", binary(plan, "Multiply", binary(plan, "Multiply", centred, scale), weight!), bias!);
  },
  layerNormMean: (plan, [x], { attributes: { eps } }) => layerStatistics(plan, x!, eps).mean,
  layerNormScale: (plan, [x], { attributes: { eps } }) => layerStatistics(plan, x!, eps).scale,
  rotary: (plan, [x, cos, sin], { attributes: { heads } }) => rotary(plan, x!, cos!, sin!, heads),

  toIndex: (plan, [x]) => cast(plan, x!, "int32"),
  gatherRows: (plan, [table, ids], { shape }) => plan.kernel("GatherV2", { x: table!, indices: ids! }, { axis: 0, batchDims: 0 }, shape),
  scatterAddRows: (plan, [ids, rows], { attributes: { count } }) => scatterRows(plan, ids!, rows!, count),
  putRows: (plan, [base, ids, rows]) => putRows(plan, base!, ids!, rows!),
  pick: (plan, [x, ids]) => gatherFlat(plan, x!, flatIndices(plan, ids!, x!.shape)),
  addAt: (plan, [x, ids, values]) => addAt(plan, x!, ids!, values!),
  tokenLogprob(plan, [logits, ids], { shape }) {
    const picked = gatherFlat(plan, logits!, flatIndices(plan, ids!, logits!.shape));
    return binary(plan, "Sub", picked, reshape(plan, logSumExp(plan, logits!), [sizeOf(shape)]));
  },
};
