import type { DType, OpAttributes, OpName } from "./ops.ts";
import { shapeRules } from "./shapes.ts";

/** A value of the graph: an operation applied to other values. Immutable; its shape is known when it is made. */
export interface Tensor<Op extends OpName = OpName> {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: OpAttributes[Op];
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1);
}

/** A new value; its shape comes from the operation's shape rule, which throws where inputs do not fit. */
export function apply<Op extends OpName>(op: Op, inputs: readonly Tensor[], attributes: OpAttributes[Op]): Tensor<Op> {
  const rule = shapeRules[op] as (inputs: readonly Tensor[], attributes: OpAttributes[Op]) => number[];
  const shape = rule(inputs, attributes);
  return { op, inputs, attributes, shape, dtype: op === "widen" ? "float32" : (inputs[0]?.dtype ?? "float32") };
}

/** A value fed at run time. */
export function input(name: string, shape: readonly number[], dtype: DType = "float32"): Tensor<"input"> {
  return { op: "input", inputs: [], attributes: { name }, shape: [...shape], dtype };
}

/** A value fixed in the graph. */
export function constant(data: number | ArrayLike<number>, shape: readonly number[] = []): Tensor<"constant"> {
  const values = typeof data === "number" ? Float64Array.of(data) : Float64Array.from(data);
  if (values.length !== sizeOf(shape)) throw new Error(`constant of ${values.length} values does not fill shape [${shape}]`);
  return { op: "constant", inputs: [], attributes: { data: values }, shape: [...shape], dtype: "float32" };
}

/** Whole numbers fixed in the graph, for indices. */
export function indexConstant(data: readonly number[]): Tensor<"constant"> {
  return { op: "constant", inputs: [], attributes: { data: Int32Array.from(data) }, shape: [data.length], dtype: "int" };
}

/** All values that the outputs need, inputs before users. */
export function topological(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  // an explicit stack: a deep model's graph is deeper than the call stack
  const stack: { tensor: Tensor; next: number }[] = [];
  for (const output of outputs) {
    if (seen.has(output)) continue;
    seen.add(output);
    stack.push({ tensor: output, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const child = top.tensor.inputs[top.next++];
      if (child === undefined) {
        order.push(top.tensor);
        stack.pop();
      } else if (!seen.has(child)) {
        seen.add(child);
        stack.push({ tensor: child, next: 0 });
      }
    }
  }
  return order;
}
