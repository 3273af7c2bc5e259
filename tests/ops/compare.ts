import type { Executor } from "../../engines/executor.ts";
import { differentiate } from "../../engines/graph/differentiate.ts";
import { runReference } from "../../engines/reference/run.ts";
import { instantiate, type OpCase } from "./cases.ts";

const ARRAYS = { int: Int32Array, float32: Float32Array, half: Uint16Array };

export interface Gap {
  /** of the entry that is furthest off, as a share of its size, or of 1 where it is smaller */
  size: number;
  /** which entry that is */
  at: string;
}

/** How far a case's value and gradients on an executor are from the float64 reference. */
export async function gapToReference(executor: Executor, opCase: OpCase, seed: number): Promise<Gap> {
  const { tensors, feeds, result, scalar, floats } = instantiate(opCase, seed);
  const gradients = Object.fromEntries(differentiate(scalar, floats).map((gradient, j) => [`g${j}`, gradient]));
  const outputs = { result, scalar, ...gradients };
  const single = Object.fromEntries(tensors.map(({ attributes: { name }, dtype }) => [name, ARRAYS[dtype].from(feeds[name]!)]));
  const rounded = Object.fromEntries(Object.entries(single).map(([name, values]) => [name, Float64Array.from(values)]));
  const expected = runReference(outputs, rounded);
  const session = await executor.create(outputs);
  try {
    const actual = await session.run(single);
    let worst: Gap = { size: 0, at: "nowhere" };
    for (const name of Object.keys(outputs) as (keyof typeof outputs)[]) {
      if (actual[name].length !== expected[name].length) return { size: Infinity, at: `length of ${name}` };
      actual[name].forEach((value, k) => {
        const size = Math.abs(value - expected[name][k]!) / Math.max(1, Math.abs(value));
        if (!(size <= worst.size)) worst = { size: Number.isNaN(size) ? Infinity : size, at: `${name}[${k}]` };
      });
    }
    return worst;
  } finally {
    await session.release();
  }
}
