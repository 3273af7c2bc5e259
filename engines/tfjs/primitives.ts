import { broadcast } from "../graph/shapes.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { Plan, Value } from "./plan.ts";

/** Single kernels, each with the shape that it gives. */

export const unary = (plan: Plan, kernel: string, x: Value): Value => plan.kernel(kernel, { x }, {}, x.shape);

export const binary = (plan: Plan, kernel: string, a: Value, b: Value): Value =>
  plan.kernel(kernel, { a, b }, {}, broadcast(a.shape, b.shape));

/** x times a number. */
export const scaled = (plan: Plan, x: Value, factor: number): Value =>
  factor === 1 ? x : binary(plan, "Multiply", x, plan.scalar(factor));

export const cast = (plan: Plan, x: Value, dtype: "float32" | "int32"): Value => plan.kernel("Cast", { x }, { dtype }, x.shape);

const isShape = (x: Value, shape: readonly number[]): boolean => x.shape.length === shape.length && shape.every((d, i) => d === x.shape[i]);

export function reshape(plan: Plan, x: Value, shape: readonly number[]): Value {
  return isShape(x, shape) ? x : plan.kernel("Reshape", { x }, { shape: [...shape] }, shape);
}

export function transpose(plan: Plan, x: Value, perm: readonly number[]): Value {
  return plan.kernel(
    "Transpose",
    { x },
    { perm: [...perm] },
    perm.map((axis) => x.shape[axis]!),
  );
}

/** The last two axes exchanged. */
export function turned(plan: Plan, x: Value): Value {
  const rank = x.shape.length;
  return transpose(plan, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

export function expand(plan: Plan, x: Value, shape: readonly number[]): Value {
  if (isShape(x, shape)) return x;
  const own = [...Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
  const reps = shape.map((d, i) => d / own[i]!);
  return plan.kernel("Tile", { x: reshape(plan, x, own) }, { reps }, shape);
}

export function concat(plan: Plan, parts: readonly Value[], axis: number): Value {
  const shape = [...parts[0]!.shape];
  shape[axis] = parts.reduce((total, part) => total + part.shape[axis]!, 0);
  return plan.kernel("Concat", Object.fromEntries(parts.entries()), { axis }, shape);
}

export function slice(plan: Plan, x: Value, axis: number, start: number, end: number): Value {
  const size = x.shape.map((d, i) => (i === axis ? end - start : d));
  return plan.kernel("Slice", { x }, { begin: x.shape.map((_, i) => (i === axis ? start : 0)), size }, size);
}

export function pad(plan: Plan, x: Value, axis: number, before: number, after: number): Value {
  const paddings = x.shape.map((_, i) => (i === axis ? [before, after] : [0, 0]));
  return plan.kernel(
    "PadV2",
    { x },
    { paddings, constantValue: 0 },
    x.shape.map((d, i) => d + paddings[i]![0]! + paddings[i]![1]!),
  );
}

function reduced(shape: readonly number[], axes: readonly number[], keep: boolean): number[] {
  return keep ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));
}

export function sum(plan: Plan, x: Value, axes: readonly number[], keep: boolean): Value {
  const shape = reduced(x.shape, axes, keep);
  // what is summed over is one entry each time
  if (sizeOf(shape) === sizeOf(x.shape)) return reshape(plan, x, shape);
  return plan.kernel("Sum", { x }, { axis: [...axes], keepDims: keep }, shape);
}

/** Over the last axis, which stays with length 1. */
export function ofRows(plan: Plan, kernel: "Mean" | "Max" | "Sum", x: Value): Value {
  const axis = x.shape.length - 1;
  const name = kernel === "Max" ? "reductionIndices" : "axis";
  return plan.kernel(kernel, { x }, { [name]: [axis], keepDims: true }, reduced(x.shape, [axis], true));
}
