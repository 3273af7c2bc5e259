import { describe, expect, test } from "vitest";
import { OnnxExecutor } from "../../engines/onnx/executor.ts";
import { opCases } from "./cases.ts";
import { gapToReference } from "./compare.ts";

// float32 against float64: a few roundings of values of size 1 to 10
const TOLERANCE = 2e-5;
const executor = new OnnxExecutor({ threads: 1 });

describe.each(Object.entries(opCases))("%s", (_, cases) => {
  test.each(cases.map((c, i) => [i, c] as const))("case %i: value and gradients on ONNX Runtime equal the reference", async (i, opCase) => {
    const { size, at } = await gapToReference(executor, opCase, 11 + i);
    expect(size, at).toBeLessThan(TOLERANCE);
  });
});
