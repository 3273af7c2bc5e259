import { constant, linear, reshape, rmsNorm, type Tensor } from "../graph/build.ts";
import type { Architecture, ParameterSpec } from "./architecture.ts";

/** Parameters of the critic: a linear layer from the policy's last hidden state to one number. It starts at 0, and so does every value. */
const WEIGHT = "value_head.weight";
const BIAS = "value_head.bias";

/** File of a checkpoint that holds them: no part of the model, which other programs load without. */
export const CRITIC_FILE = "critic.safetensors";

export function criticParameters({ hidden }: Pick<Architecture, "hidden">): ParameterSpec[] {
  return [
    { name: WEIGHT, shape: [1, hidden], init: { kind: "zeros" } },
    { name: BIAS, shape: [1], init: { kind: "zeros" } },
  ];
}

/** Values [N] of hidden states [N, hidden] before the final norm, which are scaled to a mean square of 1 first. */
export function valuesOf(parameter: (name: string) => Tensor, hidden: Tensor): Tensor {
  const [count, width] = hidden.shape as [number, number];
  const scaled = rmsNorm(hidden, constant(new Float64Array(width).fill(1), [width]), 1e-6);
  return reshape(linear(scaled, parameter(WEIGHT), parameter(BIAS)), [count]);
}
