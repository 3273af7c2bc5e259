import type { OpName } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Emitter } from "./emitter.ts";

/** How each operation is written in ONNX: takes the names of its inputs, gives the name of its value. */
type Lowerings = { [Op in OpName]: (emit: Emitter, inputs: string[], y: Tensor<Op>) => string };

const CONTRIB = "com.microsoft";

const same =
  (opType: string, attributes: Record<string, number> = {}, domain = "") =>
  (emit: Emitter, inputs: string[]): string =>
    emit.node(opType, inputs, attributes, domain);

const lastAxis =
  (opType: string) =>
  (emit: Emitter, inputs: string[]): string =>
    emit.node(opType, inputs, { axis: -1 });

/** ids [N] as the [N, 1] that the indexed operators want. */
const column = (emit: Emitter, ids: string, count: number): string => emit.node("Reshape", [ids, emit.ints([count, 1])]);

function pickEntries(emit: Emitter, x: string, ids: string, count: number): string {
  const picked = emit.node("GatherElements", [x, column(emit, ids, count)], { axis: 1 });
  return emit.node("Reshape", [picked, emit.ints([count])]);
}

/** A product of operators that every provider has: Gemm of two matrices, otherwise what is transposed is written out first. */
function plainProduct(
  emit: Emitter,
  inputs: string[],
  { attributes: { transA, transB, alpha }, inputs: factors }: Tensor<"matmul">,
): string {
  if (factors.every(({ shape }) => shape.length === 2))
    return emit.node("Gemm", inputs, { transA: Number(transA), transB: Number(transB), alpha: emit.float(alpha) });
  const turned = [transA, transB].map((turn, i) => {
    const axes = factors[i]!.shape.length;
    const perm = Array.from({ length: axes }, (_, axis) => (axis < axes - 2 ? axis : 2 * axes - 3 - axis));
    return turn ? emit.node("Transpose", [inputs[i]!], { perm }) : inputs[i]!;
  });
  const product = emit.node("MatMul", turned);
  return alpha === 1 ? product : emit.node("Mul", [product, emit.scalar(alpha)]);
}

/** x - max, less the logarithm of the sum of its exponentials. */
function logSoftmax(emit: Emitter, x: string): string {
  if (emit.traits.logSoftmax) return emit.node("LogSoftmax", [x], { axis: -1 });
  const last = emit.ints([-1]);
  const centred = emit.node("Sub", [x, emit.node("ReduceMax", [x, last], { keepdims: 1 })]);
  return emit.node("Sub", [centred, emit.node("Log", [emit.node("ReduceSum", [emit.node("Exp", [centred]), last], { keepdims: 1 })])]);
}

/** The values of one normalisation: 0 is the normalised rows, the others are by-products of each row. */
const rms =
  (value: number) =>
  (emit: Emitter, inputs: string[], { attributes: { eps } }: Tensor<"rmsNorm" | "rmsScale">): string =>
    emit.shared("SimplifiedLayerNormalization", inputs, { axis: -1, epsilon: emit.float(eps) }, value);
function rmsScale(emit: Emitter, inputs: string[], y: Tensor<"rmsScale">): string {
  if (emit.traits.rmsByProduct) return rms(1)(emit, inputs, y);
  const square = emit.node("Mul", [inputs[0]!, inputs[0]!]);
  const mean = emit.node("ReduceMean", [square, emit.ints([-1])], { keepdims: 1 });
  return emit.node("Reciprocal", [emit.node("Sqrt", [emit.node("Add", [mean, emit.scalar(y.attributes.eps)])])]);
}
const normalization =
  (value: number) =>
  (emit: Emitter, inputs: string[], { attributes: { eps } }: Tensor<"layerNorm" | "layerNormMean" | "layerNormScale">): string =>
    emit.shared("LayerNormalization", inputs, { axis: -1, epsilon: emit.float(eps) }, value);

function argmax(emit: Emitter, [x]: string[], y: Tensor<"argmax">): string {
  if (emit.traits.argMax) return emit.node("Cast", [emit.node("ArgMax", [x!], { axis: -1, keepdims: 0 })], { to: emit.type.float });
  const width = y.inputs[0]!.shape.at(-1)!;
  const places = emit.floats(
    Array.from({ length: width }, (_, i) => i),
    [width],
  );
  const top = emit.node("ReduceMax", [x!, emit.ints([-1])], { keepdims: 1 });
  // where nothing equals the largest, as of what is not a number, the last place
  const candidates = emit.node("Where", [emit.node("Equal", [x!, top]), places, emit.scalar(width - 1)]);
  return emit.node("ReduceMin", [candidates, emit.ints([-1])], { keepdims: 0 });
}

export const lowerings: Lowerings = {
  input: () => {
    throw new Error("inputs are declared, not lowered");
  },
  constant: (emit, _, y) => emit.constant(y),
  add: same("Add"),
  sub: same("Sub"),
  mul: same("Mul"),
  div: same("Div"),
  minimum: same("Min"),
  maximum: same("Max"),
  greater: (emit, inputs) => emit.node("Cast", [emit.node("Greater", inputs)], { to: emit.type.float }),
  where: (emit, [condition, a, b]) => emit.node("Where", [emit.node("Cast", [condition!], { to: emit.type.bool }), a!, b!]),
  neg: same("Neg"),
  exp: same("Exp"),
  log: same("Log"),
  sqrt: same("Sqrt"),
  reciprocal: same("Reciprocal"),
  sigmoid: same("Sigmoid"),
  tanh: same("Tanh"),
  abs: same("Abs"),
  erf: same("Erf"),
  silu: (emit, inputs) => emit.node("QuickGelu", inputs, { alpha: emit.float(1) }, CONTRIB),
  geluTanh: (emit, inputs) => emit.node("Gelu", inputs, { approximate: "tanh" }),
  clip: (emit, [x], { attributes: { low, high } }) =>
    emit.node("Clip", [x!, Number.isFinite(low) ? emit.scalar(low) : "", Number.isFinite(high) ? emit.scalar(high) : ""]),
  widen(emit, [x, after], y) {
    if (after === undefined) return emit.node("Cast", [x!], { to: emit.type.float });
    // a shape that hangs on the other value: x > x is false for every number, NaN too, which the runtime does not know
    const entry = emit.node("Slice", [emit.node("Reshape", [after, emit.ints([-1])]), emit.ints([0]), emit.ints([1]), emit.ints([0])]);
    const zero = emit.node("Cast", [emit.node("Greater", [entry, entry])], { to: emit.type.int });
    const view = emit.node("Reshape", [x!, emit.node("Add", [emit.ints(y.shape), zero])]);
    return emit.node("Cast", [view], { to: emit.type.float });
  },
  stopGradient: (_, [x]) => x!,

  matmul(emit, inputs, y) {
    const { transA, transB, alpha } = y.attributes;
    if (!transA && !transB && alpha === 1) return emit.node("MatMul", inputs);
    if (!emit.traits.fusedMatMul) return plainProduct(emit, inputs, y);
    return emit.node("FusedMatMul", inputs, { transA: Number(transA), transB: Number(transB), alpha: emit.float(alpha) }, CONTRIB);
  },
  transpose: (emit, inputs, { attributes }) => emit.node("Transpose", inputs, { perm: attributes.perm }),
  reshape: (emit, [x], { shape }) => emit.node("Reshape", [x!, emit.ints(shape)]),
  expand: (emit, [x], { shape }) => emit.node("Expand", [x!, emit.ints(shape)]),
  concat: (emit, inputs, { attributes }) => emit.node("Concat", inputs, { axis: attributes.axis }),
  slice: (emit, [x], { attributes: { axis, start, end } }) =>
    emit.node("Slice", [x!, emit.ints([start]), emit.ints([end]), emit.ints([axis])]),
  pad(emit, [x], { shape, attributes: { axis, before, after } }) {
    const amounts = [before, after].flatMap((amount) => shape.map((_, i) => (i === axis ? amount : 0)));
    return emit.node("Pad", [x!, emit.ints(amounts)]);
  },
  reduceSum: (emit, [x], { attributes: { axes, keep } }) => emit.node("ReduceSum", [x!, emit.ints(axes)], { keepdims: Number(keep) }),

  softmax: lastAxis("Softmax"),
  argmax,
  logSoftmax: (emit, [x]) => logSoftmax(emit, x!),
  rmsNorm: rms(0),
  rmsScale,
  layerNorm: normalization(0),
  layerNormMean: normalization(1),
  layerNormScale: normalization(2),
  rotary(emit, [x, cos, sin], y) {
    const [rows, width] = [y.shape[0]!, y.shape[1]!];
    const positions = emit.ints(
      Array.from({ length: rows }, (_, i) => i),
      [1, rows],
    );
    const sequence = emit.node("Reshape", [x!, emit.ints([1, rows, width])]);
    const turned = emit.node("RotaryEmbedding", [sequence, positions, cos!, sin!], {}, CONTRIB);
    return emit.node("Reshape", [turned, emit.ints([rows, width])]);
  },

  toIndex: (emit, inputs) => emit.node("Cast", inputs, { to: emit.type.int }),
  gatherRows: (emit, inputs) => emit.node("Gather", inputs, { axis: 0 }),
  scatterAddRows(emit, [ids, values], y) {
    // not ScatterND: with more rows than a few thousand ONNX Runtime adds them from several threads at once, and loses some of a repeated id
    const blank = emit.node("Expand", [emit.scalar(0), emit.ints(y.shape)]);
    const rows = y.inputs[1]!.shape;
    const places = emit.node("Expand", [column(emit, ids!, rows[0]!), emit.ints(rows)]);
    return emit.node("ScatterElements", [blank, places, values!], { axis: 0, reduction: "add" });
  },
  putRows: (emit, [base, ids, values], y) => emit.node("ScatterND", [base!, column(emit, ids!, y.inputs[1]!.shape[0]!), values!]),
  pick: (emit, [x, ids], y) => pickEntries(emit, x!, ids!, y.shape[0]!),
  addAt(emit, [x, ids, values], y) {
    const count = y.shape[0]!;
    return emit.node("ScatterElements", [x!, column(emit, ids!, count), column(emit, values!, count)], { axis: 1, reduction: "add" });
  },
  tokenLogprob: (emit, [logits, ids], y) => pickEntries(emit, logSoftmax(emit, logits!), ids!, y.shape[0]!),
};
