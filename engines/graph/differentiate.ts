import { add, concat, constant, expand, pad } from "./build.ts";
import { type Tensor, topological } from "./tensor.ts";
import { vjpRules } from "./vjp.ts";

type AnyRule = (g: Tensor, y: Tensor, wanted: readonly boolean[]) => (Tensor | null)[];

/** Two gradients of one value, added up. Those of neighbouring slices lie end to end: nothing needs to be padded and added. */
function accumulate(a: Tensor, b: Tensor): Tensor {
  return joined(a, b) ?? joined(b, a) ?? add(a, b);
}

function joined(left: Tensor, right: Tensor): Tensor | null {
  if (left.op !== "pad" || right.op !== "pad") return null;
  const [l, r] = [left as Tensor<"pad">, right as Tensor<"pad">];
  const { axis, before, after } = l.attributes;
  const [head, tail] = [l.inputs[0]!, r.inputs[0]!];
  const length = head.shape[axis]!;
  if (r.attributes.axis !== axis || r.attributes.before !== before + length || after !== tail.shape[axis]! + r.attributes.after)
    return null;
  return pad(concat([head, tail], axis), axis, before, r.attributes.after);
}

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
      gradients.set(x, sum === undefined ? gradient : accumulate(sum, gradient));
    });
  }
  return parameters.map((p) => gradients.get(p) ?? expand(constant(0), p.shape));
}
