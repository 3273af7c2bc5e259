import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { openModel } from "../../models/open.ts";
import { type EngineFixture, engineFixture, seededCompletion } from "../../tests/engine-fixture.ts";
import { ROOT } from "../../tests/sources.ts";
import { losses } from "../../trainers/losses/index.ts";
import type { LossSpec, TrainRow } from "../engine.ts";
import { EmbeddedEngine } from "./engine.ts";
import { bestFit, packedLength, planBatch } from "./packing.ts";

describe("best fit, the longest first", () => {
  test.each([
    // 6 alone, 5 + 5, then 3 fits behind 6 (1 left there) and 2 nowhere but in a bin of its own; 1 goes where it leaves nothing
    [[5, 1, 6, 3, 5, 2], 10, [[2, 3, 1], [0, 4], [5]]],
    [[4, 4, 4], 4, [[0], [1], [2]]],
    [[], 4, []],
  ])("of %j into %i", (lengths, size, expected) => {
    expect(bestFit(lengths, size)).toEqual(expected);
  });

  test("refuses what fits nowhere", () => {
    expect(() => bestFit([5], 4)).toThrow("a row of 5 tokens does not fit into 4");
  });
});

/** Rows of text, prompts and responses of many lengths, a response of one token among them. */
function rowsOf(vocab: number): TrainRow[] {
  const random = new Random(7);
  return [3, 9, 17, 1, 30, 6, 12].map((length, i) => ({
    prompt: { tokens: Int32Array.from({ length: 2 + 3 * i }, () => random.integer(5, vocab - 1)), pixels: null },
    completions: [seededCompletion(random, length, vocab)],
  }));
}

async function gradientOf(engine: EmbeddedEngine, rows: TrainRow[], spec: LossSpec) {
  const { loss, tokens } = await engine.forwardBackward(rows, spec);
  const gradients = Object.fromEntries(Object.entries((await engine.heldGradients())!).map(([name, values]) => [name, values.slice()]));
  await engine.optimStep({ lr: 1e-30, betas: [0, 0], eps: 1, weight_decay: 0, max_grad_norm: 0 });
  return { loss, tokens, gradients };
}

async function expectSame(engine: EmbeddedEngine, vocab: number, name: string, packing: number): Promise<void> {
  const rows = rowsOf(vocab);
  const spec = { name, options: {}, temperature: 1 };
  const alone = await gradientOf(engine, rows, spec);
  const packed = await gradientOf(engine, rows, { ...spec, packing });
  expect(packed.tokens).toBe(alone.tokens);
  // float32 sums of some hundred terms in another order
  expect(Math.abs(packed.loss - alone.loss)).toBeLessThan(2e-5 * Math.abs(alone.loss));
  let [gap, top] = [0, 0];
  for (const [parameter, values] of Object.entries(alone.gradients)) {
    values.forEach((value, i) => {
      gap = Math.max(gap, Math.abs(value - packed.gradients[parameter]![i]!));
      top = Math.max(top, Math.abs(value));
    });
  }
  expect(top).toBeGreaterThan(1e-3);
  expect(gap / top).toBeLessThan(2e-5);
}

describe("packed rows have the loss and the gradient of rows by themselves", () => {
  let fixture: EngineFixture;
  beforeAll(async () => {
    fixture = await engineFixture();
  }, 30_000);
  afterAll(() => fixture.remove());

  test.each([
    ["cross_entropy", 48],
    ["cross_entropy", 200],
    ["dft", 64],
  ])("%s in rows of %i tokens", async (name, packing) => {
    const engine = fixture.engine();
    await expectSame(engine, fixture.policy.model.vocab, name, packing);
    await engine.close();
  });

  test("and fewer tokens are computed", () => {
    const { model } = fixture.policy;
    const rows = rowsOf(model.vocab);
    const computed = (packing: number | null) =>
      planBatch(rows, model, packing).reduce((sum, { shape }) => sum + shape.rows * (shape.prompt + shape.members * shape.completion), 0);
    const needed = rows.reduce((sum, row) => sum + packedLength(row), 0);
    expect(needed).toBe(148); // prompts 2 + 5 + ... + 20 = 77, responses 78 less the 7 last tokens
    expect(computed(76)).toBe(152);
    expect(computed(null)).toBeGreaterThan(152);
  });

  test("pictures and groups are refused", () => {
    const { model } = fixture.policy;
    const [row] = rowsOf(model.vocab) as [TrainRow];
    expect(() => planBatch([{ ...row, prompt: fixture.prompts[0]! }], model, 100)).toThrow("without pictures");
    expect(() => planBatch([{ ...row, completions: [...row.completions, ...row.completions] }], model, 100)).toThrow("one completion");
  });
});

// grouped queries, windows that hide something, three axes of positions, a bias and head norms
test.each([
  ["llama", {}],
  ["qwen2_window", {}],
  ["qwen3_window", {}],
  ["qwen2_5_vl", {}],
  ["qwen2", { recompute: true }],
])("the same in a model like %s, %j", async (name, options) => {
  const { policy, weights, store } = await openModel(join(ROOT, "tests", "fixtures", name), options);
  const engine = new EmbeddedEngine(policy, weights, losses, store, { slots: 4, threads: 1 });
  await expectSame(engine, 60, "cross_entropy", 64);
  await engine.close();
});
