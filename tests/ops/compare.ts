import { expect } from "vitest";
import type { Executor } from "../../engines/executor.ts";
import { differentiate } from "../../engines/graph/differentiate.ts";
import { runReference } from "../../engines/reference/run.ts";
import { instantiate, type OpCase } from "./cases.ts";

const ARRAYS = { int: Int32Array, float32: Float32Array, half: Uint16Array };

/** A case's value and gradients on an executor against the float64 reference, each within `tolerance` of its size, or of 1 where it is smaller. */
export async function compareWithReference(executor: Executor, opCase: OpCase, seed: number, tolerance: number): Promise<void> {
  const { tensors, feeds, result, scalar, floats } = instantiate(opCase, seed);
  const gradients = Object.fromEntries(differentiate(scalar, floats).map((gradient, j) => [`g${j}`, gradient]));
  const outputs = { result, scalar, ...gradients };
  const single = Object.fromEntries(tensors.map(({ attributes: { name }, dtype }) => [name, ARRAYS[dtype].from(feeds[name]!)]));
  const rounded = Object.fromEntries(Object.entries(single).map(([name, values]) => [name, Float64Array.from(values)]));
  const expected = runReference(outputs, rounded);
  const session = await executor.create(outputs);
  try {
    const actual = await session.run(single);
    for (const name of Object.keys(outputs) as (keyof typeof outputs)[]) {
      expect(actual[name].length).toBe(expected[name].length);
      actual[name].forEach((value, k) => {
        expect(Math.abs(value - expected[name][k]!), `${name}[${k}]`).toBeLessThan(tolerance * Math.max(1, Math.abs(value)));
      });
    }
  } finally {
    await session.release();
  }
}
