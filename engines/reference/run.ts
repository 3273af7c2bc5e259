import { widenHalf } from "../../core/half.ts";
import { type Tensor, topological } from "../graph/tensor.ts";
import type { NdArray } from "./array.ts";
import { kernels } from "./kernels.ts";

type AnyKernel = (inputs: readonly NdArray[], shape: readonly number[], attributes: object) => NdArray;

export type Feeds = Record<string, ArrayLike<number>>;

/**
 * The reference executor: float64, plain TypeScript, one kernel at a time. What every fast executor and every gradient is tested against.
 * `feeds` holds a flat array for every input by name, bits for one of halves; the result one flat array for every output.
 */
export function runReference<Name extends string>(outputs: Record<Name, Tensor>, feeds: Feeds): Record<Name, Float64Array> {
  const wanted = Object.entries<Tensor>(outputs);
  const values = new Map<Tensor, NdArray>();
  for (const tensor of topological(wanted.map(([, tensor]) => tensor))) {
    values.set(tensor, tensor.op === "input" ? fed(tensor as Tensor<"input">, feeds) : computed(tensor, values));
  }
  return Object.fromEntries(wanted.map(([name, tensor]) => [name, values.get(tensor)!.data])) as Record<Name, Float64Array>;
}

function fed(tensor: Tensor<"input">, feeds: Feeds): NdArray {
  const { name } = tensor.attributes;
  const data = feeds[name];
  if (data === undefined) throw new Error(`no feed for the input "${name}"`);
  const expected = tensor.shape.reduce((product, d) => product * d, 1);
  if (data.length !== expected) throw new Error(`feed "${name}" has ${data.length} values, shape [${tensor.shape}] needs ${expected}`);
  if (tensor.dtype !== "half") return { shape: tensor.shape, data: Float64Array.from(data) };
  const values = new Float32Array(data.length);
  widenHalf(Uint16Array.from(data), values);
  return { shape: tensor.shape, data: Float64Array.from(values) };
}

function computed(tensor: Tensor, values: Map<Tensor, NdArray>): NdArray {
  const kernel = kernels[tensor.op] as AnyKernel;
  return kernel(
    tensor.inputs.map((x) => values.get(x)!),
    tensor.shape,
    tensor.attributes,
  );
}
