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
  const options = { ratio: "token", clip_low: 0.2, clip_high: 0.2, delta: null, kl_estimator: null, entropy_bonus: false };
  const { perToken, tokens } = await engine.forwardBackward(rows, { name: "grpo", options, temperature: 0.7 });
  const { entropies } = await engine.logprobs(rows, { temperature: 0.7, policy: "current" });
  expect(tokens).toBe(3 * (9 + 17));
  entropies.forEach((row, r) => {
    row.forEach((values, m) => {
      values.forEach((value, t) => {
        expect(value).toBeGreaterThan(0.5);
        // float32: a difference of numbers of size 10
        expect(Math.abs(perToken.entropies![r]![m]![t]! - value), `${r}, ${m}, ${t}`).toBeLessThan(5e-6);
      });
    });
  });
  await engine.close();
});
