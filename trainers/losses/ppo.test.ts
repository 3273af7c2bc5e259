import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { input } from "../../engines/graph/build.ts";
import { differentiate } from "../../engines/graph/differentiate.ts";
import { runReference } from "../../engines/reference/run.ts";
import { losses } from "./index.ts";
import { LossFields } from "./options.ts";
import type { PpoOptions } from "./ppo.ts";

const OPTIONS: PpoOptions = {
  ...LossFields.parse({}),
  kl_estimator: null,
  kl_limit: null,
  kl_bias_correction: false,
  entropy_bonus: false,
  value_clip: 0.5,
};

/** The loss over tokens, and its gradients, in float64. */
function evaluate(tokens: Record<string, number[]> & { logprobs: number[]; values: number[] }, options: Partial<PpoOptions> = {}) {
  const named = (name: string) => input(name, [tokens.logprobs.length]);
  const [logprobs, values] = [named("logprobs"), named("values")];
  const { loss, tokens: perToken = {} } = losses
    .get("ppo")
    .build(
      { logprobs, values: () => values, entropies: () => named("logprobs"), field: named, sumOver: (_, x) => x },
      { ...OPTIONS, ...options },
    );
  const [byLogprob, byValue] = differentiate(loss, [logprobs, values]);
  return runReference({ loss, byLogprob: byLogprob!, byValue: byValue!, clipped: perToken.value_clipped! }, tokens);
}

const near = (values: number[]) => values.map((value) => expect.closeTo(value, 12));

test("is the clipped policy loss, and beside it the value loss with weights of its own", () => {
  const { loss, byLogprob, byValue, clipped } = evaluate({
    logprobs: [-1, -2],
    oldLogprobs: [-1, -2],
    advantages: [2, -1],
    weights: [0.5, 0.25],
    values: [1, 3],
    oldValues: [1, 1],
    returns: [2, 4],
    valueWeights: [0.1, 0.2],
  });
  // policy: 0.5 * -2 + 0.25 * 1. values: half of (1 - 2)^2, and of the larger of (3 - 4)^2 and (1.5 - 4)^2
  expect(loss[0]).toBeCloseTo(-0.75 + 0.1 * 0.5 + 0.2 * 0.5 * 6.25, 12);
  expect([...byLogprob]).toEqual(near([-1, 0.25]));
  // v - R; none where the clip decides
  expect([...byValue]).toEqual(near([-0.1, 0]));
  expect([...clipped]).toEqual([0, 1]);
});

test("without a limit a value is judged where it is", () => {
  const one = { logprobs: [-1], oldLogprobs: [-1], advantages: [0], weights: [1], valueWeights: [1] };
  const { loss, byValue } = evaluate({ ...one, values: [3], oldValues: [1], returns: [4] }, { value_clip: null });
  expect(loss[0]).toBeCloseTo(0.5, 12);
  expect([...byValue]).toEqual(near([-1]));
});

test("verl's value loss, a mean over tokens", async () => {
  const file = new URL("../../tests/fixtures/losses/golden.json", import.meta.url);
  const rows = z.array(z.array(z.number()));
  const Golden = z.object({
    value_loss: z.object({
      options: z.object({ cliprange_value: z.number() }),
      old_values: rows,
      new_values: rows,
      returns: rows,
      loss: z.number(),
    }),
  });
  const { value_loss: golden } = Golden.parse(JSON.parse(await readFile(file, "utf8")));
  const values = golden.new_values.flat();
  const fill = (value: number) => values.map(() => value);
  const tokens = { logprobs: fill(-1), oldLogprobs: fill(-1), advantages: fill(0), weights: fill(1), values };
  const { loss } = evaluate(
    { ...tokens, oldValues: golden.old_values.flat(), returns: golden.returns.flat(), valueWeights: fill(1 / values.length) },
    { value_clip: golden.options.cliprange_value },
  );
  expect(loss[0]).toBeCloseTo(golden.loss, 9);
});
