import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { LoraOptions } from "../../models/adapter/options.ts";
import { openModel } from "../../models/open.ts";
import { seededCompletion } from "../../tests/engine-fixture.ts";
import { ROOT } from "../../tests/sources.ts";
import { losses } from "../../trainers/losses/index.ts";
import { EmbeddedEngine } from "./engine.ts";

test("logprobs with an update's noise are those that its passes see", async () => {
  const lora = { ...LoraOptions.parse({ rank: 2, dropout: 0.3 }), path: null };
  const { policy, weights, store } = await openModel(join(ROOT, "tests", "fixtures", "qwen2"), { seed: 1, fresh: false, lora });
  const engine = new EmbeddedEngine(policy, weights, losses, store, { slots: 2, threads: 1 });
  const random = new Random(3);
  const rows = [4, 7].map((length) => {
    const completions = [length, length + 3].map((tokens) => seededCompletion(random, tokens, 60));
    for (const { fields } of completions) fields.weights!.fill(1);
    return { prompt: { tokens: Int32Array.of(1, 2, 3), pixels: null }, completions, noise_seed: length };
  });
  // a new adapter adds nothing, whatever is dropped
  const spec = { name: "cross_entropy", options: {}, temperature: 1, noise_seed: 9 };
  await engine.forwardBackward(rows, spec);
  await engine.optimStep({ lr: 0.1, betas: [0.9, 0.99], eps: 1e-8, weight_decay: 0, max_grad_norm: 0 });
  const total = async (noise: { noise_seed?: number }) => {
    const { logprobs } = await engine.logprobs(rows, { temperature: 1, policy: "current", ...noise });
    return logprobs.flat().reduce((sum, own) => own.reduce((s, value) => s + value, sum), 0);
  };
  const { loss } = await engine.forwardBackward(rows, spec);
  // float32 sums of thirty terms
  expect(await total({ noise_seed: 9 })).toBeCloseTo(-loss, 3);
  expect(Math.abs((await total({})) + loss)).toBeGreaterThan(0.01);
  expect(Math.abs((await total({ noise_seed: 8 })) + loss)).toBeGreaterThan(0.01);
  await engine.close();
});
