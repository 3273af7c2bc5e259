import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { type EngineFixture, engineFixture, seededCompletion } from "../../tests/engine-fixture.ts";
import { indexConstant, input, linear, mul, pick, reduceSum, softmax, sub, sum, tanh, tokenLogprob } from "../graph/build.ts";
import { differentiate } from "../graph/differentiate.ts";
import { runReference } from "../reference/run.ts";

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

test("logprobs and entropies that are computed twice have the gradient of those that are kept", () => {
  const random = new Random(2);
  const [rows, width, vocab] = [3, 4, 5];
  const hidden = input("hidden", [rows, width]);
  const table = input("table", [vocab, width]);
  const targets = indexConstant([0, 4, 2]);
  const start = tanh(hidden);
  const logits = linear(start, table);
  const logprobs = tokenLogprob(logits, targets);
  const entropies = sub(sub(pick(logits, targets), logprobs), reduceSum(mul(softmax(logits), logits), [1]));
  const loss = sum(mul(logprobs, entropies));
  const gradients = (again: boolean) => {
    const recompute = again ? [{ from: start, to: [logprobs, entropies] }] : [];
    const [h, t] = differentiate(loss, [hidden, table], { recompute });
    return runReference({ h: h!, t: t! }, feeds);
  };
  const draw = (count: number) => Float64Array.from({ length: count }, () => random.normal());
  const feeds = { hidden: draw(rows * width), table: draw(vocab * width) };
  expect(gradients(true)).toEqual(gradients(false));
  // and a bonus for entropy raises it
  const raised = runReference({ entropy: sum(entropies), slope: differentiate(sum(entropies), [table])[0]! }, feeds);
  const moved = { ...feeds, table: feeds.table.map((value, i) => value + 1e-3 * raised.slope[i]!) };
  expect(runReference({ entropy: sum(entropies) }, moved).entropy[0]).toBeGreaterThan(raised.entropy[0]!);
});
