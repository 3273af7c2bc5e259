import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { type EngineFixture, engineFixture, seededCompletion } from "../../tests/engine-fixture.ts";

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

test("the entropy beside a loss is that of the forward pass", async () => {
  const engine = fixture.engine();
  const random = new Random(1);
  const rows = fixture.prompts.slice(0, 3).map((prompt) => ({
    prompt,
    completions: [9, 17].map((length) => seededCompletion(random, length, fixture.policy.model.vocab)),
  }));
  const { metrics, tokens } = await engine.forwardBackward(rows, {
    name: "grpo",
    options: { clip_low: 0.2, clip_high: 0.2, kl_coef: 0 },
    temperature: 0.7,
  });
  const { entropies } = await engine.logprobs(rows, { temperature: 0.7, policy: "current" });
  const total = entropies.flat().reduce((sum, values) => values.reduce((s, value) => s + value, sum), 0);
  expect(tokens).toBe(3 * (9 + 17));
  expect(total / tokens).toBeGreaterThan(0.5);
  // float32: a difference of numbers of size 10, averaged
  expect(Math.abs(metrics.entropy! - total) / tokens).toBeLessThan(2e-6);
  await engine.close();
});
