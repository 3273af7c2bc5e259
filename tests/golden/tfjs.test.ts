import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TfjsExecutor } from "../../engines/tfjs/executor.ts";
import { checkGolden } from "./check.ts";
import { ownFixtures } from "./folders.ts";

// the same numbers and tolerances as for ONNX Runtime: all of them are of float32 rounding
describe.each(["wasm", "cpu"] as const)("TensorFlow.js on %s", (device) => {
  test.each(["llama", "idefics3"])("%s agrees with PyTorch in every section", async (name) => {
    const executor = await TfjsExecutor.open(device);
    for (const { section, share, difference } of await checkGolden(join(ownFixtures, name), executor)) {
      expect(share, `${section}: largest difference ${difference}`).toBeLessThanOrEqual(1);
    }
  });
});
