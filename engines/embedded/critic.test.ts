import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { openModel } from "../../models/open.ts";
import { type EngineFixture, engineFixture, seededCompletion } from "../../tests/engine-fixture.ts";
import { fixture as file } from "../../tests/run/fixtures.ts";
import { mul, stopGradient, sum } from "../graph/build.ts";
import { EmbeddedEngine } from "./engine.ts";
import type { LossDefinition } from "./loss-inputs.ts";

/** sum of weights * value, with the values for every token. */
const worth: LossDefinition = {
  name: "worth",
  build: ({ values, field }) => ({
    loss: sum(mul(field("weights"), values())),
    metrics: {},
    tokens: { values: stopGradient(values()) },
  }),
};
const SPEC = { name: "worth", options: {}, temperature: 1 };

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

async function criticOf(model = "qwen2", more = {}): Promise<EmbeddedEngine> {
  const { policy, weights, store } = await openModel(file(model), { critic: true, ...more });
  return new EmbeddedEngine(policy, weights, { get: () => worth }, store, { slots: 2, threads: 1 });
}

/** Two groups, and a critic that has been somewhere. */
function rows() {
  const random = new Random(5);
  return [3, 6].map((length) => ({
    prompt: { tokens: Int32Array.from({ length }, () => random.integer(5, 50)), pixels: null },
    completions: [length, 2 * length].map((tokens) => seededCompletion(random, tokens, 60)),
  }));
}

async function unsettle(engine: EmbeddedEngine): Promise<void> {
  const random = new Random(6);
  const head = (await engine.parameter("value_head.weight"))!;
  for (let i = 0; i < head.length; i++) head[i] = 0.3 * random.normal();
  (await engine.parameter("value_head.bias"))![0] = 0.7;
}

test("a critic begins with values of 0, and a policy has none unless asked", async () => {
  const engine = await criticOf();
  expect((await engine.values(rows())).flat().map((own) => Math.max(...own.map(Math.abs)))).toEqual([0, 0, 0, 0]);
  await engine.close();
  const without = fixture.engine();
  await expect(without.values(rows())).rejects.toThrow('no parameter "value_head.weight"');
  await without.close();
});

test("the values of a forward pass are those that a loss sees, the same for a completion by itself", async () => {
  const engine = await criticOf();
  await unsettle(engine);
  const values = await engine.values(rows());
  const { loss, perToken } = await engine.forwardBackward(rows(), SPEC);
  const near = (of: Float32Array[][]) => of.map((row) => row.map((own) => [...own].map((value) => expect.closeTo(value, 5))));
  expect(perToken.values!.map((row) => row.map((own) => [...own]))).toEqual(near(values));
  const weighted = rows().flatMap(({ completions }, r) =>
    completions.map(({ fields }, m) => fields.weights!.reduce((total, weight, t) => total + weight * values[r]![m]![t]!, 0)),
  );
  expect(loss).toBeCloseTo(
    weighted.reduce((a, b) => a + b),
    5,
  );
  const alone = rows().flatMap((row) => row.completions.map((completion) => ({ ...row, completions: [completion] })));
  expect((await engine.values(alone)).flat().map((own) => [...own])).toEqual(near([values.flat()])[0]);
  await engine.close();
});

test("its gradient reaches the head and the policy below", async () => {
  const engine = await criticOf();
  await unsettle(engine);
  const { loss } = await engine.forwardBackward(rows(), SPEC);
  const gradients = Object.entries((await engine.heldGradients())!);
  const weights = rows().flatMap(({ completions }) => completions.flatMap(({ fields }) => [...fields.weights!]));
  // the bias is added to every value
  expect((await engine.heldGradients())!["value_head.bias"]![0]).toBeCloseTo(
    weights.reduce((a, b) => a + b),
    5,
  );
  // a small step against the gradient g of the policy alone changes the loss by -step * |g|^2
  const trunk = gradients.filter(([name]) => !name.startsWith("value_head"));
  const square = trunk.reduce((total, [, g]) => total + g.reduce((s, value) => s + value * value, 0), 0);
  expect(square).toBeGreaterThan(1e-4);
  const step = 1e-3 / Math.sqrt(square);
  for (const [name, g] of trunk) {
    const parameter = (await engine.parameter(name))!;
    for (let i = 0; i < g.length; i++) parameter[i]! -= step * g[i]!;
  }
  const { loss: after } = await engine.forwardBackward(rows(), SPEC);
  // the second order of a step of length 1e-3, and float32
  expect((after - loss) / (-step * square)).toBeCloseTo(1, 1);
  await engine.close();
});

test("layers that are computed again give the same gradient", async () => {
  const gradientOf = async (recompute: boolean) => {
    const engine = await criticOf("qwen2", { recompute });
    await unsettle(engine);
    await engine.forwardBackward(rows(), SPEC);
    const held = Object.entries((await engine.heldGradients())!).map(([name, values]): [string, Float32Array] => [name, values.slice()]);
    await engine.close();
    return held;
  };
  const [kept, again] = [await gradientOf(false), Object.fromEntries(await gradientOf(true))];
  for (const [name, values] of kept) {
    const top = Math.max(1e-6, ...values.map(Math.abs));
    // float32 sums in another order
    values.forEach((value, i) => {
      expect(Math.abs(value - again[name]![i]!) / top, name).toBeLessThan(1e-4);
    });
  }
});

test.each([
  ["a whole model", {}],
  ["an adapter", { lora: { rank: 2, alpha: 4, dropout: 0, target_modules: ["q_proj"], exclude_modules: null, rslora: false, path: null } }],
])("of %s is trained, saved beside the model and read back", async (_, more) => {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-critic-"));
  const [engine, resumed] = [await criticOf("qwen2", more), await criticOf("qwen2", more)];
  const update = async (one: EmbeddedEngine) => {
    await one.forwardBackward(rows(), SPEC);
    await one.optimStep({ lr: 0.01, betas: [0.9, 0.99], eps: 1e-8, weight_decay: 0, max_grad_norm: 0 });
  };
  await update(engine);
  await engine.saveState(folder, { optimizer: true });
  expect(await readdir(folder)).toContain("critic.safetensors");
  await resumed.loadState(folder, { optimizer: true });
  await Promise.all([update(engine), update(resumed)]);
  const values = await engine.values(rows());
  expect(await resumed.values(rows())).toEqual(values);
  expect(Math.abs(values[0]![0]![0]!)).toBeGreaterThan(1e-3);
  await Promise.all([engine.close(), resumed.close()]);
  await rm(folder, { recursive: true });
});
