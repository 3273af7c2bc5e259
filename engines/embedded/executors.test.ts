import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { type EngineFixture, engineFixture, GRPO_OPTIONS, PLAIN, sampled, seededCompletion } from "../../tests/engine-fixture.ts";
import type { LossSpec, OptimizerStep, TrainRow } from "../engine.ts";
import type { Executor } from "../executor.ts";
import { OnnxExecutor } from "../onnx/executor.ts";
import { TfjsExecutor } from "../tfjs/executor.ts";

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

const ADAMW: OptimizerStep = { lr: 1e-3, betas: [0.9, 0.99], eps: 1e-8, weight_decay: 0.01, max_grad_norm: 1 };
const SFT: LossSpec = { name: "cross_entropy", options: {}, temperature: 1 };
const GRPO: LossSpec = { name: "grpo", options: GRPO_OPTIONS, temperature: 1 };

/** Groups of seeded completions behind prompts with pictures. */
function groups(): TrainRow[] {
  const random = new Random(5);
  return fixture.prompts.slice(0, 2).map((prompt) => ({
    prompt,
    completions: [7, 3, 8].map((length) => seededCompletion(random, length, fixture.policy.model.vocab)),
  }));
}

/** An SFT step and a GRPO step against a snapshot, each with its update, then logprobs and greedy completions of what came of them. */
async function train(executor: Executor, optimizer: OptimizerStep) {
  const engine = fixture.engine({ executor });
  const rows = groups();
  const losses: number[] = [];
  const norms: number[] = [];
  await engine.snapshot("reference");
  for (const spec of [SFT, GRPO]) {
    losses.push((await engine.forwardBackward(rows, spec)).loss);
    norms.push((await engine.optimStep(optimizer)).gradNorm);
  }
  const flat = async (policy: string) => (await engine.logprobs(rows, { temperature: 1, policy })).logprobs.flat().flatMap((v) => [...v]);
  const [current, reference] = [await flat("current"), await flat("reference")];
  const prompts = [...fixture.prompts.slice(0, 2), fixture.textPrompt];
  const { completions } = await sampled(engine, { prompts, seeds: prompts.map(() => [0]), sampling: { ...PLAIN, temperature: 0 } });
  const { executor: name } = await engine.info();
  await engine.close();
  return { losses, norms, current, reference, tokens: completions.flat().map(({ tokens }) => tokens), name };
}

describe.each([
  ["AdamW", ADAMW],
  ["Muon", { ...ADAMW, muon: { lr: 0.01, momentum: 0.95, ns_steps: 5, weight_decay: 0.1 } }],
])("with %s", (_, optimizer) => {
  test("a run on TensorFlow.js's wasm is the one on ONNX Runtime", async () => {
    const expected = await train(new OnnxExecutor({ threads: 1 }), optimizer);
    const actual = await train(await TfjsExecutor.open("wasm"), optimizer);
    expect([expected.name, actual.name]).toEqual(["onnx-cpu", "tfjs-wasm"]);
    // float32 on both: sums of some hundred terms in another order, then an update of lr 1e-3 that divides by a gradient's own size
    const near = (a: number[], b: number[], tolerance: number) => {
      expect(a.length).toBe(b.length);
      a.forEach((value, i) => {
        expect(Math.abs(value - b[i]!), `${i}: ${value} against ${b[i]}`).toBeLessThan(tolerance * Math.max(1, Math.abs(b[i]!)));
      });
    };
    near(actual.losses, expected.losses, 2e-5);
    near(actual.norms, expected.norms, 1e-4);
    near(actual.reference, expected.reference, 2e-5);
    near(actual.current, expected.current, 2e-3);
    expect(actual.tokens).toEqual(expected.tokens);
    // the updates did something, and the snapshot kept out of it
    expect(Math.max(...expected.current.map((value, i) => Math.abs(value - expected.reference[i]!)))).toBeGreaterThan(1e-2);
  });
});
