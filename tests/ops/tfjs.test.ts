import { afterAll, describe, expect, test } from "vitest";
import { TfjsExecutor } from "../../engines/tfjs/executor.ts";
import { opCases } from "./cases.ts";
import { gapToReference } from "./compare.ts";

// float32 against float64: a few roundings of values of size 1 to 10; erf is a formula that is right to 2e-7
const TOLERANCE = 2e-5;

describe.each(["cpu", "wasm"] as const)("TensorFlow.js on %s", async (device) => {
  const executor = await TfjsExecutor.open(device);
  const tensors = () => executor.backend.tf.engine().memory().numTensors;
  const before = tensors();

  for (const [op, cases] of Object.entries(opCases)) {
    test.each(cases.map((c, i) => [i, c] as const))(`${op}, case %i: value and gradients equal the reference`, async (i, opCase) => {
      const { size, at } = await gapToReference(executor, opCase, 11 + i);
      expect(size, at).toBeLessThan(TOLERANCE);
    });
  }

  afterAll(async () => {
    await executor.close();
    expect(tensors()).toBe(before);
  });
});
