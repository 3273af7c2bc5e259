import { add, constant, expand } from "./build.ts";
import { type Tensor, topological } from "./tensor.ts";
import { vjpRules } from "./vjp.ts";

type AnyRule = (g: Tensor, y: Tensor, wanted: readonly boolean[]) => (Tensor | null)[];

/**
 * Gradients of a scalar with respect to each of `parameters`, as new values of the same graph (reverse mode).
 * A parameter the scalar does not depend on gets zeros of its shape.
 */
export function differentiate(scalar: Tensor, parameters: readonly Tensor[]): Tensor[] {
  if (scalar.shape.length !== 0) throw new Error(`only a scalar has a gradient, got shape [${scalar.shape}]`);
  const order = topological([scalar]);
  const active = new Set<Tensor>(parameters);
  for (const value of order) {
    if (value.op !== "stopGradient" && value.inputs.some((x) => active.has(x))) active.add(value);
  }
  const gradients = new Map<Tensor, Tensor>([[scalar, constant(1)]]);
  for (const value of order.reverse()) {
    const g = gradients.get(value);
    if (g === undefined || !active.has(value) || value.inputs.length === 0) continue;
    const wanted = value.inputs.map((x) => active.has(x));
    (vjpRules[value.op] as AnyRule)(g, value, wanted).forEach((gradient, i) => {
      const x = value.inputs[i]!;
      if (gradient === null || !wanted[i]) return;
      const sum = gradients.get(x);
      gradients.set(x, sum === undefined ? gradient : add(sum, gradient));
    });
  }
  return parameters.map((p) => gradients.get(p) ?? expand(constant(0), p.shape));
}
