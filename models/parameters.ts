import type { ParameterSpec } from "../engines/embedded/architecture.ts";

/** Specs of the parameters that layers are made of, under the checkpoint's names. */

/** A parameter that starts as normal noise. */
export function normal(name: string, shape: number[], std: number): ParameterSpec {
  return { name, shape, init: { kind: "normal", std } };
}

export function zeros(name: string, shape: number[]): ParameterSpec {
  return { name, shape, init: { kind: "zeros" } };
}

export interface LinearShape {
  out: number;
  in: number;
  std: number;
  bias?: boolean;
}

/** `<layer>.weight` [out, in], and `<layer>.bias` [out] if it has one. */
export function linearLayer(layer: string, { out, in: into, std, bias = false }: LinearShape): ParameterSpec[] {
  const weight: ParameterSpec = { ...normal(`${layer}.weight`, [out, into], std), linear: true };
  return bias ? [weight, zeros(`${layer}.bias`, [out])] : [weight];
}

/** `<layer>.weight` [size]: RMS normalisation. */
export function rmsNormLayer(layer: string, size: number): ParameterSpec[] {
  return [{ name: `${layer}.weight`, shape: [size], init: { kind: "ones" } }];
}

/** `<layer>.weight` and `<layer>.bias` [size]: layer normalisation. */
export function layerNormLayer(layer: string, size: number): ParameterSpec[] {
  return [...rmsNormLayer(layer, size), zeros(`${layer}.bias`, [size])];
}
