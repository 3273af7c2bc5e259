import type { OptimizerStep } from "../engine.ts";
import { add, div, input, mul, reduceSum, reshape, slice, sqrt, sub, type Tensor } from "../graph/build.ts";
import type { ParameterSpec } from "./architecture.ts";

/** What an update is made of where the weights stay on a device. A parameter's values are inputs and outputs by kind and name: `weight:lm_head.weight`. */

const named = (kind: string, { name, shape }: ParameterSpec): Tensor => input(`${kind}:${name}`, shape);

/** `sum:<name>` of `held:<name>` and `more:<name>`. */
export function sumGraph(parameters: readonly ParameterSpec[]): Record<string, Tensor> {
  return Object.fromEntries(parameters.map((spec) => [`sum:${spec.name}`, add(named("held", spec), named("more", spec))]));
}

/** The sum of the squares of every `grad:<name>`, [1]. Rows are added up first: float32 loses less in short sums. */
export function squaresGraph(parameters: readonly ParameterSpec[]): { squares: Tensor } {
  const sums = parameters.map((spec) => {
    const gradient = named("grad", spec);
    const last = spec.shape.length - 1;
    const rows = reduceSum(mul(gradient, gradient), [last], true);
    const axes = spec.shape.map((_, axis) => axis).slice(0, last);
    return reshape(axes.length === 0 ? rows : reduceSum(rows, axes), [1]);
  });
  return { squares: sums.reduce((total, one) => add(total, one)) };
}

/** One parameter of a step; `given` where it has a gradient, which is 0 otherwise. */
export interface StepParameter {
  spec: ParameterSpec;
  given: boolean;
  /** its factor on the rate */
  factor: number;
  decays: boolean;
}

/** What a graph of AdamW reads besides values of the device: numbers that all parameters have in common, and two for each. */
const COMMON = 7;

/**
 * AdamW over several parameters, as `adamw` does it on the host: `weight:<name>`, `first:<name>` and `second:<name>` become
 * `next-weight:<name>` and so on. `common` and `own` are those of `adamwNumbers`.
 */
export function adamwGraph(parameters: readonly Pick<StepParameter, "spec" | "given">[]): Record<string, Tensor> {
  const common = input("common", [COMMON]);
  const own = input("own", [2 * parameters.length]);
  const number = (of: Tensor, i: number) => slice(of, 0, i, i + 1);
  const [scale, beta1, rest1, beta2, rest2, correction, eps] = Array.from({ length: COMMON }, (_, i) => number(common, i)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const out: Record<string, Tensor> = {};
  parameters.forEach(({ spec, given }, i) => {
    const [rate, keep] = [number(own, 2 * i), number(own, 2 * i + 1)];
    const [weight, first, second] = [named("weight", spec), named("first", spec), named("second", spec)];
    const gradient = given ? mul(named("grad", spec), scale) : null;
    const mean = (held: Tensor, beta: Tensor, rest: Tensor, more: Tensor | null) =>
      more === null ? mul(held, beta) : add(mul(held, beta), mul(more, rest));
    const m = mean(first, beta1, rest1, gradient);
    const v = mean(second, beta2, rest2, gradient === null ? null : mul(gradient, gradient));
    out[`next-first:${spec.name}`] = m;
    out[`next-second:${spec.name}`] = v;
    out[`next-weight:${spec.name}`] = sub(mul(weight, keep), div(mul(m, rate), add(mul(sqrt(v), correction), eps)));
  });
  return out;
}

/** The numbers of step `step`, which counts from 1, whose gradients are multiplied by `scale` first. */
export function adamwNumbers(
  parameters: readonly Pick<StepParameter, "factor" | "decays">[],
  { lr, betas: [beta1, beta2], eps, weight_decay }: OptimizerStep,
  step: number,
  scale: number,
): { common: Float32Array; own: Float32Array } {
  const common = Float32Array.of(scale, beta1, 1 - beta1, beta2, 1 - beta2, 1 / Math.sqrt(1 - beta2 ** step), eps);
  const own = Float32Array.from(
    parameters.flatMap(({ factor, decays }) => [(lr * factor) / (1 - beta1 ** step), 1 - lr * factor * (decays ? weight_decay : 0)]),
  );
  return { common, own };
}
