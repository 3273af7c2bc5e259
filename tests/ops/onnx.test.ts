import { describe, expect, test } from "vitest";
import { differentiate } from "../../engines/graph/differentiate.ts";
import { OnnxSession } from "../../engines/onnx/session.ts";
import { runReference } from "../../engines/reference/run.ts";
import { instantiate, opCases } from "./cases.ts";

// float32 against float64: a few roundings of values of size 1 to 10
const TOLERANCE = 2e-5;

const ARRAYS = { int: Int32Array, float32: Float32Array, half: Uint16Array };

describe.each(Object.entries(opCases))("%s", (_, cases) => {
  test.each(cases.map((c, i) => [i, c] as const))("case %i: value and gradients on ONNX Runtime equal the reference", async (i, opCase) => {
    const { tensors, feeds, result, scalar, floats } = instantiate(opCase, 11 + i);
    const gradients = Object.fromEntries(differentiate(scalar, floats).map((gradient, j) => [`g${j}`, gradient]));
    const outputs = { result, scalar, ...gradients };
    const single = Object.fromEntries(tensors.map(({ attributes: { name }, dtype }) => [name, ARRAYS[dtype].from(feeds[name]!)]));
    const rounded = Object.fromEntries(Object.entries(single).map(([name, values]) => [name, Float64Array.from(values)]));
    const expected = runReference(outputs, rounded);
    const session = await OnnxSession.create(outputs, { threads: 1 });
    const actual = await session.run(single);
    for (const name of Object.keys(outputs) as (keyof typeof outputs)[]) {
      expect(actual[name].length).toBe(expected[name].length);
      actual[name].forEach((value, k) => {
        expect(Math.abs(value - expected[name][k]!), `${name}[${k}]`).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(value)));
      });
    }
    await session.release();
  });
});
