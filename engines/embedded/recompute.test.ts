import { describe, expect, test } from "vitest";
import { decoderWeights, fullAdapter, gradientGap, smallDecoder, textRows } from "../../tests/decoder-fixture.ts";
import { GRPO_OPTIONS } from "../../tests/engine-fixture.ts";
import { losses } from "../../trainers/losses/index.ts";
import type { LossSpec } from "../engine.ts";
import { EmbeddedEngine, type WeightStore } from "./engine.ts";
import { peakBytes } from "./memory.ts";
import { planPasses } from "./pass.ts";
import { type PolicyOptions, policyOf } from "./policy.ts";
import { lossGraph } from "./train-graph.ts";

const GRPO: LossSpec = {
  name: "grpo",
  options: GRPO_OPTIONS,
  temperature: 0.8,
  noise_seed: 41,
};

const noStore: WeightStore = { exact: true, write: async () => {}, read: async () => {} };

async function gradientOf(hidden: number, options: PolicyOptions, spec = GRPO) {
  const model = smallDecoder({ hidden });
  const policy = policyOf(model, options);
  const engine = new EmbeddedEngine(policy, decoderWeights(policy), losses, noStore, { slots: 1, threads: 1 });
  const { loss, metrics } = await engine.forwardBackward(textRows(model.vocab), spec);
  const gradients = (await engine.heldGradients())!;
  await engine.close();
  return { loss, metrics, gradients };
}

// the same operations on the same numbers: at most fused in another way
const NOISE = 1e-6;

// a large model's backward pass waits at gates besides
describe.each([48, 384])("with activations computed again, at a width of %i,", (hidden) => {
  const adapted = (dropout: number) => ({ adapters: fullAdapter(smallDecoder({ hidden }), dropout) });
  test.each<[string, PolicyOptions]>([
    ["of the whole model", {}],
    ["of an adapter", adapted(0)],
    ["of an adapter with dropout", adapted(0.3)],
  ])("loss and gradient %s are those without", async (_, options) => {
    const plain = await gradientOf(hidden, options);
    const again = await gradientOf(hidden, { ...options, recompute: true });
    expect(Math.abs(again.loss - plain.loss)).toBeLessThan(NOISE * Math.abs(plain.loss));
    for (const [name, value] of Object.entries(plain.metrics)) {
      expect(Math.abs(again.metrics[name]! - value), name).toBeLessThanOrEqual(NOISE * Math.abs(value));
    }
    expect(gradientGap(again.gradients, plain.gradients)).toBeLessThan(NOISE);
  });

  test("fewer of them are held", () => {
    const bytes = (recompute: boolean) => {
      const policy = policyOf(smallDecoder({ hidden }), { recompute });
      const { shape } = planPasses(textRows(61), policy.model)[0]!;
      const graph = lossGraph(policy, { ...shape, prompt: 256, targets: 4 }, losses.get("cross_entropy"), {}, 1);
      // gradients are results and are there either way: what is left are the values in between
      const results = Object.values(graph).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
      return peakBytes(graph) - results;
    };
    expect(bytes(true)).toBeLessThan(0.8 * bytes(false));
  });
});

test("the dropout of an update is felt: another seed is another gradient", async () => {
  const options = { adapters: fullAdapter(smallDecoder(), 0.3), recompute: true };
  const [one, other] = [await gradientOf(48, options), await gradientOf(48, options, { ...GRPO, noise_seed: 42 })];
  expect(gradientGap(one.gradients, other.gradients)).toBeGreaterThan(0.05);
});
