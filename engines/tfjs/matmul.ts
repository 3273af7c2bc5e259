import type { OpAttributes } from "../graph/ops.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { Plan, Value } from "./plan.ts";
import { concat, expand, reshape, scaled, slice, turned } from "./primitives.ts";

/** alpha * op(a) op(b) over the last two axes, leading axes broadcast. */
export function matmul(plan: Plan, a: Value, b: Value, { transA, transB, alpha }: OpAttributes["matmul"], shape: readonly number[]): Value {
  // the factor goes where the least is to be multiplied
  const [sizeA, sizeB, size] = [sizeOf(a.shape), sizeOf(b.shape), sizeOf(shape)];
  if (alpha !== 1 && sizeA <= Math.min(sizeB, size)) return matmul(plan, scaled(plan, a, alpha), b, { transA, transB, alpha: 1 }, shape);
  if (alpha !== 1 && sizeB <= size) return matmul(plan, a, scaled(plan, b, alpha), { transA, transB, alpha: 1 }, shape);
  return scaled(plan, product(plan, a, b, transA, transB, shape), alpha);
}

function product(plan: Plan, a: Value, b: Value, transA: boolean, transB: boolean, shape: readonly number[]): Value {
  if (a.shape.length === 2 && b.shape.length === 2) return twoMatrices(plan, a, b, transA, transB);
  const batch = shape.slice(0, -2);
  const count = sizeOf(batch);
  if (count > 1 && sizeOf(b.shape.slice(0, -2)) === 1 && !transA) {
    // rows of all batches against the one matrix
    const width = a.shape.at(-1)!;
    const rows = reshape(plan, a, [sizeOf(a.shape) / width, width]);
    const matrix = reshape(plan, b, b.shape.slice(-2));
    return reshape(plan, twoMatrices(plan, rows, matrix, false, transB), shape);
  }
  // kernels know no broadcast between batches of more than one axis
  const full = (x: Value) => reshape(plan, expand(plan, x, [...batch, ...x.shape.slice(-2)]), [count, ...x.shape.slice(-2)]);
  const [x, y] = [full(a), full(b)];
  const [m, n] = [shape.at(-2)!, shape.at(-1)!];
  if (count === 1) {
    const [left, right] = [reshape(plan, x, x.shape.slice(1)), reshape(plan, y, y.shape.slice(1))];
    return reshape(plan, twoMatrices(plan, left, right, transA, transB), shape);
  }
  const depth = transA ? x.shape[1]! : x.shape[2]!;
  if (plan.traits.plainProducts && m * n * depth >= WORTH_A_CALL) return reshape(plan, oneByOne(plan, x, y, transA, transB), shape);
  return reshape(plan, kernel(plan, x, y, transA, transB), shape);
}

/** Products of fewer multiplications than this take longer to cut out of a batch than the slow way within it. */
const WORTH_A_CALL = 2 ** 16;

function kernel(plan: Plan, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const m = transposeA ? a.shape.at(-1)! : a.shape.at(-2)!;
  const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
  return plan.kernel("BatchMatMul", { a, b }, { transposeA, transposeB }, [...a.shape.slice(0, -2), m, n]);
}

function twoMatrices(plan: Plan, a: Value, b: Value, transA: boolean, transB: boolean): Value {
  if (!plan.traits.plainProducts) return kernel(plan, a, b, transA, transB);
  const [m, n] = [transA ? a.shape[1]! : a.shape[0]!, transB ? b.shape[0]! : b.shape[1]!];
  // a bᵀ = (b aᵀ)ᵀ: where a and the product are smaller than b, a weight, those are turned instead
  if (transB && !transA && sizeOf(a.shape) + m * n < sizeOf(b.shape)) {
    return turned(plan, kernel(plan, b, turned(plan, a), false, false));
  }
  return kernel(plan, transA ? turned(plan, a) : a, transB ? turned(plan, b) : b, false, false);
}

function oneByOne(plan: Plan, a: Value, b: Value, transA: boolean, transB: boolean): Value {
  const [left, right] = [transA ? turned(plan, a) : a, transB ? turned(plan, b) : b];
  const parts = Array.from({ length: a.shape[0]! }, (_, i) =>
    kernel(plan, slice(plan, left, 0, i, i + 1), slice(plan, right, 0, i, i + 1), false, false),
  );
  return concat(plan, parts, 0);
}
