import { add, concat, constant, expand, greater, mul, pad, reshape, slice, widen } from "./build.ts";
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

/** A part of the graph whose values the backward pass computes again from its start, so that none of them is kept in between. */
export interface Segment {
  from: Tensor;
  to: readonly Tensor[];
}

export interface DifferentiateOptions {
  /** segments of which no two share an inner value */
  recompute?: readonly Segment[];
  /**
   * values behind which the backward pass does not go before the parameters' gradients so far are done: left to itself an executor may
   * put them off to the end, and keep everything that they are made of
   */
  gates?: readonly Tensor[];
}

/**
 * Gradients of a scalar with respect to each of `parameters`, as new values of the same graph (reverse mode).
 * A parameter the scalar does not depend on gets zeros of its shape.
 */
export function differentiate(
  scalar: Tensor,
  parameters: readonly Tensor[],
  { recompute = [], gates = [] }: DifferentiateOptions = {},
): Tensor[] {
  if (scalar.shape.length !== 0) throw new Error(`only a scalar has a gradient, got shape [${scalar.shape}]`);
  const order = topological([scalar]);
  const wantedParameters = new Set<Tensor>(parameters);
  const active = new Set<Tensor>(parameters);
  for (const value of order) {
    if (value.op !== "stopGradient" && value.inputs.some((x) => active.has(x))) active.add(value);
  }
  const again = new Recomputation(recompute, order);
  const gated = new Set(gates);
  const gradients = new Map<Tensor, Tensor>([[scalar, constant(1)]]);
  /** parameters whose gradients have grown since the last gate */
  let grown = new Set<Tensor>();
  for (const value of order.reverse()) {
    const complete = gradients.get(value);
    if (complete === undefined || !active.has(value) || value.inputs.length === 0) continue;
    let g = complete;
    if (gated.has(value)) {
      const before = [...grown].map((p) => gradients.get(p)!);
      g = after(before, complete);
      grown = new Set();
    }
    const wanted = value.inputs.map((x) => active.has(x));
    (vjpRules[value.op] as AnyRule)(g, again.of(value, g), wanted).forEach((gradient, i) => {
      const x = value.inputs[i]!;
      if (gradient === null || !wanted[i]) return;
      const sum = gradients.get(x);
      gradients.set(x, sum === undefined ? gradient : accumulate(sum, gradient));
      if (wantedParameters.has(x)) grown.add(x);
    });
  }
  return parameters.map((p) => gradients.get(p) ?? expand(constant(0), p.shape));
}

/** Values of segments a second time, each segment's from its start. */
class Recomputation {
  private readonly segmentOf = new Map<Tensor, Segment>();
  private readonly copies = new Map<Tensor, Tensor>();
  private readonly starts = new Map<Segment, Tensor>();
  /** by the start of their segment */
  private readonly widened = new Map<Tensor, Map<Tensor, Tensor>>();

  constructor(segments: readonly Segment[], order: readonly Tensor[]) {
    for (const segment of segments) {
      const below = new Set<Tensor>([segment.from]);
      for (const value of order) if (value.inputs.some((x) => below.has(x))) below.add(value);
      for (const value of topological(segment.to)) if (below.has(value) && value !== segment.from) this.segmentOf.set(value, segment);
    }
  }

  /** The value as a gradient rule is to see it, once the first gradient `g` has reached its segment. */
  of(value: Tensor, g: Tensor): Tensor {
    const segment = this.segmentOf.get(value);
    if (segment === undefined) return value;
    if (!this.starts.has(segment)) this.starts.set(segment, after([g], segment.from));
    return this.copy(value, segment);
  }

  private copy(value: Tensor, segment: Segment): Tensor {
    const start = this.starts.get(segment)!;
    if (value === segment.from) return start;
    if (value.op === "widen") return this.widenedAgain(value, start);
    if (this.segmentOf.get(value) !== segment) return value;
    const known = this.copies.get(value);
    if (known !== undefined) return known;
    const made: Tensor = { ...value, inputs: value.inputs.map((x) => this.copy(x, segment)) };
    this.copies.set(value, made);
    return made;
  }

  /** Halves are widened for each segment anew: what the forward pass made of them would be kept until then. */
  private widenedAgain(value: Tensor, start: Tensor): Tensor {
    const known = this.widened.get(start) ?? new Map<Tensor, Tensor>();
    this.widened.set(start, known);
    const made = known.get(value) ?? widen(value.inputs[0]!, start);
    known.set(value, made);
    return made;
  }
}

/**
 * x itself, but computed after others: an executor can neither begin early with what is made of it, nor take it for the x that it has already.
 * The factor is 1 wherever the others are finite.
 */
function after(others: readonly Tensor[], x: Tensor): Tensor {
  if (others.length === 0) return x;
  const firsts = others.map((other) =>
    reshape(
      other.shape.reduce((y, _, axis) => slice(y, axis, 0, 1), other),
      [],
    ),
  );
  return mul(
    x,
    greater(
      2,
      mul(
        firsts.reduce((sum, first) => add(sum, first)),
        0,
      ),
    ),
  );
}
