import { expect, test } from "vitest";
import { decoderWeights, fullAdapter, gradientGap, smallDecoder, textRows } from "../../tests/decoder-fixture.ts";
import { GRPO_OPTIONS } from "../../tests/engine-fixture.ts";
import { losses } from "../../trainers/losses/index.ts";
import { type Tensor, topological } from "../graph/tensor.ts";
import { OnnxSession } from "../onnx/session.ts";
import { lossFeeds } from "./loss-inputs.ts";
import { noiseSeeds, planPasses } from "./pass.ts";
import { type Policy, policyOf } from "./policy.ts";
import { logprobGraph, lossGraph } from "./train-graph.ts";

const VOCAB = 61;
const TEMPERATURE = 0.7;

/** One pass over the first rows: loss, metrics, gradients, logprobs and entropies with so many values of the logits at a time. */
async function passOf(policy: Policy, chunkValues?: number) {
  const loss = losses.get("grpo");
  const rows = textRows(VOCAB).slice(0, 1);
  const [pass] = planPasses(rows, policy.model);
  const { shape, feeds } = pass!;
  const run = async (graph: Record<string, Tensor>) => {
    const session = await OnnxSession.create(graph, { threads: 1 });
    const { tokens, pictures } = noiseSeeds(rows, pass!);
    const noise = policy.noise?.feeds(session.inputNames, 3, tokens, pictures);
    const fields = lossFeeds(session.inputNames, rows, pass!.places, shape.targets);
    const results = await session.run({ ...decoderWeights(policy), ...feeds, ...fields, ...noise });
    await session.release();
    return results;
  };
  const graph = lossGraph(policy, shape, loss, GRPO_OPTIONS, TEMPERATURE, chunkValues);
  return {
    targets: shape.targets,
    values: {
      ...(await run(graph)),
      ...(await run({ ...logprobGraph(policy, shape, TEMPERATURE, { bare: false, noisy: false }, chunkValues) })),
    },
    pieces: topological(Object.values(graph)).filter(({ op }) => op === "tokenLogprob").length,
  };
}

function gradientsIn(values: Record<string, Float32Array>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith("grad:")));
}

const model = smallDecoder({ vocab: VOCAB });
const policies = {
  "the whole model": policyOf(model),
  "with layers computed again": policyOf(model, { recompute: true }),
  "an adapter with dropout": policyOf(model, { adapters: fullAdapter(model, 0.3) }),
};

test.each(Object.entries(policies))("logits in pieces give what whole ones give: %s", async (_, policy) => {
  const whole = await passOf(policy);
  expect(whole.pieces).toBe(1);
  // five targets a piece, the last one smaller; then one; then, as a piece can't be less, one for room for less than one
  for (const [values, size] of [
    [5 * VOCAB + 60, 5],
    [VOCAB, 1],
    [1, 1],
  ] as const) {
    const parts = await passOf(policy, values);
    expect(parts.pieces).toBe(Math.ceil(whole.targets / size));
    // float32: the head's gradient is a sum over targets, here in another order
    expect(gradientGap(gradientsIn(parts.values), gradientsIn(whole.values))).toBeLessThan(1e-6);
    for (const name of ["loss", "token:kl", "token:entropies"]) {
      const [part] = parts.values[name]!;
      const [all] = whole.values[name]!;
      expect(Math.abs(part! - all!), name).toBeLessThan(1e-6 * Math.max(1, Math.abs(all!)));
    }
    for (const name of ["logprobs", "entropies"]) {
      parts.values[name]!.forEach((value, i) => {
        expect(Math.abs(value - whole.values[name]![i]!), `${name} ${i}`).toBeLessThan(2e-6);
      });
    }
  }
});
