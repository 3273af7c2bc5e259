import type { Feed } from "../executor.ts";
import { add, input, linear, matmul, type Tensor, widen } from "../graph/build.ts";
import type { Adapter, DropoutNoise, RowScope } from "./adapter.ts";
import type { ParameterSpec, Weights } from "./architecture.ts";

/** Parameters as they are fed: float32, the bits of halves, or what a device holds. */
export type WeightFeeds = Readonly<Record<string, Feed>>;

/** Parameters as inputs of a graph, one each, made when first asked for. */
export interface WeightInputs {
  weights: Weights;
  /** those that the graph reads, by name */
  inputs: Map<string, Tensor>;
}

export interface WeightOptions {
  /** the model's own parameters and those of its adapters */
  parameters: readonly ParameterSpec[];
  /** low-rank updates, by the layer they stand on */
  adapters: ReadonlyMap<string, Adapter>;
  /** parameters that are stored in half precision, by name */
  halves: ReadonlySet<string>;
  /** what drops adapters' inputs, and of how many tokens: in training alone */
  noise?: { dropout: DropoutNoise; tokens: number } | null;
}

/** A part of a graph that reads what a part before it has read: halves are widened again, once a value of it is known, rather than kept. */
export interface Rereading {
  inputs: Map<string, Tensor>;
  after: Tensor;
}

export function weightInputs({ parameters, adapters, halves, noise = null }: WeightOptions, again: Rereading | null = null): WeightInputs {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const inputs = again?.inputs ?? new Map<string, Tensor>();
  const widened = new Map<string, Tensor>();
  const parameter = (name: string): Tensor => {
    const shape = shapes.get(name);
    if (shape === undefined) throw new Error(`the model has no parameter "${name}"`);
    const half = halves.has(name);
    const tensor = inputs.get(name) ?? input(name, shape, half ? "half" : "float32");
    inputs.set(name, tensor);
    if (!half) return tensor;
    const wide = widened.get(name) ?? widen(tensor, again?.after);
    widened.set(name, wide);
    return wide;
  };
  const dropped = noise === null ? null : noise.dropout.inGraph(noise.tokens);
  const through = (layer: string, x: Tensor, scope: RowScope): Tensor => {
    const bias = shapes.has(`${layer}.bias`) ? parameter(`${layer}.bias`) : undefined;
    const y = linear(x, parameter(`${layer}.weight`), bias);
    const adapter = adapters.get(layer);
    if (adapter === undefined) return y;
    const given = dropped === null || adapter.dropout === 0 ? x : dropped(adapter, x, scope);
    const low = matmul(given, parameter(adapter.down), { transB: true });
    return add(y, matmul(low, parameter(adapter.up), { transB: true, alpha: adapter.scaling }));
  };
  const weights: Weights = Object.assign((name: string) => parameter(name), {
    linear: (layer: string, x: Tensor, at: Tensor | null = null) => through(layer, x, { of: "tokens", at }),
    ofPictures: Object.assign((name: string) => parameter(name), {
      linear: (layer: string, x: Tensor) => through(layer, x, { of: "pictures" }),
    }),
  });
  return { weights, inputs };
}
