import type { DType } from "../graph/ops.ts";
import { sizeOf, type Tensor, topological } from "../graph/tensor.ts";
import { lowerings } from "./lowering.ts";

/** A value of a plan: its number and its shape. */
export interface Value {
  readonly index: number;
  readonly shape: readonly number[];
}

/** One call of a kernel. */
export interface Step {
  kernel: string;
  inputs: Readonly<Record<string, number>>;
  attributes: Readonly<Record<string, unknown>>;
  output: number;
  /** values that nobody needs after this step */
  last: readonly number[];
}

/** Something that a plan starts from. */
export interface Source {
  value: Value;
  dtype: DType;
}

export interface ConstantSource extends Source {
  data: Float32Array | Int32Array;
}

/** What kernels a device is better served with. */
export interface PlanTraits {
  /** matrix products are fast only for two plain matrices, neither transposed */
  plainProducts: boolean;
  /** of equal entries ArgMax gives the first */
  firstOfEquals: boolean;
}

/** The kernels of one graph in the order in which they run, and after which of them a value's memory is given back. */
export interface CompiledPlan {
  feeds: ReadonlyMap<string, Source>;
  constants: readonly ConstantSource[];
  steps: readonly Step[];
  outputs: Readonly<Record<string, Value>>;
  /** how many values there are */
  values: number;
}

/** Collects the kernel calls of a graph. */
export class Plan {
  readonly feeds = new Map<string, Source>();
  readonly constants: ConstantSource[] = [];
  readonly steps: Omit<Step, "last">[] = [];
  private readonly known = new Map<string, Value>();
  private count = 0;

  constructor(readonly traits: PlanTraits) {}

  get values(): number {
    return this.count;
  }

  private value(shape: readonly number[]): Value {
    return { index: this.count++, shape };
  }

  kernel(kernel: string, inputs: Record<string, Value>, attributes: Record<string, unknown>, shape: readonly number[]): Value {
    const output = this.value(shape);
    const places = Object.fromEntries(Object.entries(inputs).map(([name, { index }]) => [name, index]));
    this.steps.push({ kernel, inputs: places, attributes, output: output.index });
    return output;
  }

  feed(name: string, shape: readonly number[], dtype: DType): Value {
    const value = this.value(shape);
    this.feeds.set(name, { value, dtype });
    return value;
  }

  constant(data: Float32Array | Int32Array, shape: readonly number[]): Value {
    const value = this.value(shape);
    this.constants.push({ value, data, dtype: data instanceof Int32Array ? "int" : "float32" });
    return value;
  }

  scalar(value: number): Value {
    return this.shared(`scalar ${value}`, () => this.constant(Float32Array.of(value), []));
  }

  /** A value that several operations have in common, made when it is first asked for. */
  shared(key: string, make: () => Value): Value {
    const value = this.known.get(key) ?? make();
    this.known.set(key, value);
    return value;
  }
}

type AnyLowering = (plan: Plan, inputs: Value[], y: Tensor) => Value;

export function compile(outputs: Readonly<Record<string, Tensor>>, traits: PlanTraits): CompiledPlan {
  const plan = new Plan(traits);
  const values = new Map<Tensor, Value>();
  for (const tensor of topological(Object.values(outputs))) {
    const inputs = tensor.inputs.map((x) => values.get(x)!);
    const value = (lowerings[tensor.op] as AnyLowering)(plan, inputs, tensor);
    if (sizeOf(value.shape) !== sizeOf(tensor.shape)) throw new Error(`${tensor.op} was made [${value.shape}], not [${tensor.shape}]`);
    values.set(tensor, value);
  }
  const results = Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, values.get(tensor)!]));
  return { feeds: plan.feeds, constants: plan.constants, steps: withLastUses(plan, results), outputs: results, values: plan.values };
}

/** Each step with the values that it is the last to read; results and constants are nobody's last, a value that nobody reads its maker's. */
function withLastUses({ steps, constants, values }: Plan, results: Record<string, Value>): Step[] {
  const lastStep = new Int32Array(values).fill(-1);
  steps.forEach(({ inputs, output }, i) => {
    lastStep[output] = i;
    for (const index of Object.values(inputs)) lastStep[index] = i;
  });
  const stays = new Set([...constants.map(({ value }) => value.index), ...Object.values(results).map(({ index }) => index)]);
  const last: number[][] = steps.map(() => []);
  lastStep.forEach((step, index) => {
    if (step >= 0 && !stays.has(index)) last[step]!.push(index);
  });
  return steps.map((step, i) => ({ ...step, last: last[i]! }));
}
