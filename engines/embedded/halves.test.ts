import { afterAll, beforeAll, expect, test } from "vitest";
import { narrowToHalf, widenHalf } from "../../core/half.ts";
import { Random } from "../../core/random.ts";
import { adapterConfig, LoraOptions } from "../../models/adapter/options.ts";
import { newAdapters } from "../../models/adapter/store.ts";
import { type EngineFixture, engineFixture, PLAIN } from "../../tests/engine-fixture.ts";
import { losses } from "../../trainers/losses/index.ts";
import type { TrainRow } from "../engine.ts";
import { sizeOf } from "../graph/tensor.ts";
import { adapterParameters } from "./adapter.ts";
import { EmbeddedEngine } from "./engine.ts";
import { type Policy, policyOf } from "./policy.ts";

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
});
afterAll(() => fixture.remove());

const FROZEN = ["vision_model", "connector", "embed_tokens", "layers\\.0\\."];
const STORE = { exact: true, write: async () => {}, read: async () => {} };

function rounded(values: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  widenHalf(narrowToHalf(values), out);
  return out;
}

interface Variant {
  lora?: boolean;
  recompute?: boolean;
}

/** The fixture's model with a part frozen: that part held as halves, or as float32 numbers that halves hold exactly. */
function engines({ lora = false, recompute = false }: Variant): { policy: Policy; halves: EmbeddedEngine; plain: EmbeddedEngine } {
  const { model } = fixture.policy;
  const adapters = lora ? newAdapters(model, adapterConfig(LoraOptions.parse({ rank: 2 }))) : [];
  const options = { recompute, adapters, freeze: lora ? [] : FROZEN };
  const policy = policyOf(model, { ...options, frozenDtype: "float16" });
  const random = new Random(5);
  const own = adapterParameters(model, adapters).map(({ name, shape }): [string, Float32Array] => {
    return [name, Float32Array.from({ length: sizeOf(shape) }, () => 0.1 * random.normal())];
  });
  const entries = [...Object.entries(fixture.weights), ...own];
  const still = entries.filter(([name]) => policy.halves.has(name));
  const moving = entries.filter(([name]) => !policy.halves.has(name));
  const copies = () => Object.fromEntries(moving.map(([name, values]) => [name, values.slice()]));
  const halves = Object.fromEntries(still.map(([name, values]) => [name, narrowToHalf(values)]));
  const exact = Object.fromEntries(still.map(([name, values]) => [name, rounded(values)]));
  const engine = { slots: 8, threads: 1 };
  return {
    policy,
    halves: new EmbeddedEngine(policy, copies(), losses, STORE, { ...engine, halves }),
    plain: new EmbeddedEngine(policyOf(model, options), { ...copies(), ...exact }, losses, STORE, engine),
  };
}

function rows(): TrainRow[] {
  return fixture.prompts.slice(0, 3).map((prompt, i) => ({
    prompt,
    completions: [{ tokens: Int32Array.of(5, 6 + i, 7, 9), fields: { weights: Float32Array.of(0.1, 0.2, -0.3, 0.1) } }],
  }));
}

test("a policy stores what is frozen and has more than one axis", () => {
  const { policy } = engines({});
  const trained = new Set(policy.trained.map(({ name }) => name));
  for (const { name, shape } of policy.parameters) expect(policy.halves.has(name), name).toBe(!trained.has(name) && shape.length > 1);
  expect(policy.halves.size).toBeGreaterThan(5);
});

test.each<Variant>([{}, { recompute: true }, { lora: true }, { lora: true, recompute: true }])(
  "%j: samples, logprobs and loss are those of the same numbers in float32, bit for bit, and so are gradients but for rounding",
  async (variant) => {
    const { policy, halves, plain } = engines(variant);
    const both = [halves, plain];
    const sampled = await Promise.all(
      both.map(async (engine) => {
        const out: { member: number; tokens: number[]; logprobs: number[] }[] = [];
        const request = { prompts: fixture.prompts.slice(0, 2), seeds: [[1], [2]], sampling: PLAIN };
        await engine.sample(request, ({ prompt, tokens, logprobs }) =>
          out.push({ member: prompt, tokens: [...tokens], logprobs: [...logprobs] }),
        );
        return out.sort((a, b) => a.member - b.member);
      }),
    );
    expect(sampled[0]).toEqual(sampled[1]);
    const [a, b] = await Promise.all(both.map((engine) => engine.logprobs(rows(), { temperature: 1, policy: "current" })));
    expect(a).toEqual(b);
    const spec = { name: "cross_entropy", options: {}, temperature: 1 };
    const [left, right] = [await halves.forwardBackward(rows(), spec), await plain.forwardBackward(rows(), spec)];
    expect(left.loss).toBe(right.loss);
    for (const { name } of policy.trained) {
      const [actual, expected] = (await Promise.all([halves, plain].map(async (engine) => (await engine.heldGradients())![name]!))) as [
        Float32Array,
        Float32Array,
      ];
      const size = Math.hypot(...expected);
      // float32 sums, in another order where halves are widened again
      expect(Math.hypot(...actual.map((value, i) => value - expected[i]!)), name).toBeLessThanOrEqual(1e-5 * size);
      expect(size, name).toBeGreaterThan(0);
    }
    await Promise.all(both.map((engine) => engine.close()));
  },
);
