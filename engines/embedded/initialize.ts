import { Random } from "../../core/random.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { ParameterSpec } from "./architecture.ts";

/** Seeded starting weights by name: each tensor draws from a stream of its own, so that adding one changes no other. */
export function initialWeights({ parameters }: { parameters: readonly ParameterSpec[] }, seed: number): Record<string, Float32Array> {
  return Object.fromEntries(parameters.map((spec) => [spec.name, start(spec, seed)]));
}

function start({ name, shape, init }: ParameterSpec, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (init.kind === "ones") return values.fill(1);
  if (init.kind === "grid") return gridPositions(init.side, shape[1]!);
  const random = Random.of(seed, "weights", name);
  if (init.kind === "normal") for (let i = 0; i < values.length; i++) values[i] = init.std * random.normal();
  if (init.kind === "uniform") for (let i = 0; i < values.length; i++) values[i] = init.limit * (2 * random.uniform() - 1);
  return values;
}

/**
 * Sines and cosines of row and column at falling frequencies, a quarter of the width each: [side^2, width]. Neighbours start out alike, so
 * that a small tower finds what belongs together long before it could learn it. Source: as MAE (arXiv:2111.06377) starts its positions.
 */
export function gridPositions(side: number, width: number): Float32Array {
  const quarter = Math.floor(width / 4);
  const values = new Float32Array(side * side * width);
  for (let cell = 0; cell < side * side; cell++) {
    const place = [Math.floor(cell / side), cell % side];
    for (let i = 0; i < quarter; i++) {
      const frequency = side ** (-i / quarter);
      place.forEach((coordinate, axis) => {
        values[cell * width + 2 * axis * quarter + i] = Math.sin(coordinate * frequency);
        values[cell * width + (2 * axis + 1) * quarter + i] = Math.cos(coordinate * frequency);
      });
    }
  }
  return values;
}
