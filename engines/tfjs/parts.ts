import { sizeOf } from "../graph/tensor.ts";
import type { Plan, Value } from "./plan.ts";
import { binary, cast, concat, ofRows, reshape, slice, unary } from "./primitives.ts";

/** Operations that take several kernels. */

/** log(sum(exp(x))) of each row, [..., 1]. */
export function logSumExp(plan: Plan, x: Value): Value {
  return plan.shared(`logSumExp ${x.index}`, () => {
    const top = ofRows(plan, "Max", x);
    const total = ofRows(plan, "Sum", unary(plan, "Exp", binary(plan, "Sub", x, top)));
    return binary(plan, "Add", top, unary(plan, "Log", total));
  });
}

const inverseRoot = (plan: Plan, meanSquare: Value, eps: number): Value =>
  unary(plan, "Rsqrt", binary(plan, "Add", meanSquare, plan.scalar(eps)));

/** 1 / sqrt(mean(x^2) + eps) of each row, [..., 1]; the norm of the same rows and its gradient share it. */
export function rmsScale(plan: Plan, x: Value, eps: number): Value {
  return plan.shared(`rmsScale ${x.index} ${eps}`, () => inverseRoot(plan, ofRows(plan, "Mean", binary(plan, "Multiply", x, x)), eps));
}

export function layerStatistics(plan: Plan, x: Value, eps: number): { mean: Value; centred: Value; scale: Value } {
  const mean = plan.shared(`mean ${x.index}`, () => ofRows(plan, "Mean", x));
  const centred = plan.shared(`centred ${x.index}`, () => binary(plan, "Sub", x, mean));
  const scale = plan.shared(`layerScale ${x.index} ${eps}`, () =>
    inverseRoot(plan, ofRows(plan, "Mean", binary(plan, "Multiply", centred, centred)), eps),
  );
  return { mean, centred, scale };
}

/** Which entry of each row is the largest, the first of equals. */
export function argmax(plan: Plan, x: Value): Value {
  const width = x.shape.at(-1)!;
  const place = (y: Value) => cast(plan, plan.kernel("ArgMax", { x: y }, { axis: y.shape.length - 1 }, y.shape.slice(0, -1)), "float32");
  if (plan.traits.firstOfEquals) return place(x);
  const equals = cast(plan, binary(plan, "Equal", x, ofRows(plan, "Max", x)), "float32");
  const falling = plan.shared(`falling ${width}`, () =>
    plan.constant(
      Float32Array.from({ length: width }, (_, i) => width - i),
      [width],
    ),
  );
  return place(binary(plan, "Multiply", equals, falling));
}

/** x [M, heads * d]: halves (x1, x2) of each head become (x1 c - x2 s, x2 c + x1 s). */
export function rotary(plan: Plan, x: Value, cos: Value, sin: Value, heads: number): Value {
  const [rows, width] = [x.shape[0]!, x.shape[1]!];
  const half = width / heads / 2;
  const split = reshape(plan, x, [rows, heads, 2 * half]);
  const [first, second] = [slice(plan, split, 2, 0, half), slice(plan, split, 2, half, 2 * half)];
  const [c, s] = [cos, sin].map((angles) => reshape(plan, angles, [rows, 1, half])) as [Value, Value];
  const times = (a: Value, b: Value) => binary(plan, "Multiply", a, b);
  const turned = [binary(plan, "Sub", times(first, c), times(second, s)), binary(plan, "Add", times(second, c), times(first, s))];
  return reshape(plan, concat(plan, turned, 2), [rows, width]);
}

/** Of ids [N] the places in the flat entries of x [N, V]. A gather by batches would do, but WASM's is wrong. */
export function flatIndices(plan: Plan, ids: Value, [count, width]: readonly number[]): Value {
  const starts = plan.shared(`starts ${count} ${width}`, () =>
    plan.constant(
      Int32Array.from({ length: count! }, (_, i) => i * width!),
      [count!],
    ),
  );
  return binary(plan, "Add", ids, starts);
}

export function gatherFlat(plan: Plan, x: Value, indices: Value): Value {
  const flat = reshape(plan, x, [sizeOf(x.shape)]);
  return plan.kernel("GatherV2", { x: flat, indices }, { axis: 0, batchDims: 0 }, indices.shape);
}

/** updates [N, ...] added up at ids [N] of zeros of the given shape. */
function scatter(plan: Plan, ids: Value, updates: Value, shape: readonly number[]): Value {
  const indices = reshape(plan, ids, [ids.shape[0]!, 1]);
  return plan.kernel("ScatterNd", { indices, updates }, { shape: [...shape] }, shape);
}

export function scatterRows(plan: Plan, ids: Value, rows: Value, count: number): Value {
  return scatter(plan, ids, rows, [count, rows.shape[1]!]);
}

export function addAt(plan: Plan, x: Value, ids: Value, values: Value): Value {
  const added = scatter(plan, flatIndices(plan, ids, x.shape), values, [sizeOf(x.shape)]);
  return binary(plan, "Add", x, reshape(plan, added, x.shape));
}

/** base with some rows replaced: those are multiplied by 0 first, then the new ones added. */
export function putRows(plan: Plan, base: Value, ids: Value, rows: Value): Value {
  const count = base.shape[0]!;
  const one = plan.shared(`ones ${ids.shape[0]}`, () => plan.constant(new Float32Array(ids.shape[0]!).fill(1), [ids.shape[0]!]));
  const replaced = plan.shared(`replaced ${ids.index} ${count}`, () =>
    binary(plan, "Sub", plan.scalar(1), reshape(plan, scatter(plan, ids, one, [count]), [count, 1])),
  );
  return binary(plan, "Add", binary(plan, "Multiply", base, replaced), scatterRows(plan, ids, rows, count));
}
