import { describe, expect, test } from "vitest";
import { ONNX_TRAITS } from "../../engines/onnx/emitter.ts";
import { OnnxExecutor } from "../../engines/onnx/executor.ts";
import { opCases } from "./cases.ts";
import { gapToReference } from "./compare.ts";

// float32 against float64: a few roundings of values of size 1 to 10
const TOLERANCE = 2e-5;

describe.each(["cpu", "webgpu"] as const)("ONNX Runtime on the processor, graphs as they are written for %s", (written) => {
  const executor = new OnnxExecutor({ threads: 1, traits: ONNX_TRAITS[written] });
  for (const [op, cases] of Object.entries(opCases)) {
    test.each(cases.map((c, i) => [i, c] as const))(`${op}, case %i: value and gradients equal the reference`, async (i, opCase) => {
      const { size, at } = await gapToReference(executor, opCase, 11 + i);
      expect(size, at).toBeLessThan(TOLERANCE);
    });
  }
});
