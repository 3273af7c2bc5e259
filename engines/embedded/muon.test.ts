import { afterAll, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { OnnxExecutor } from "../onnx/executor.ts";
import { runReference } from "../reference/run.ts";
import { isBlockMatrix, muon, orthogonalGraph } from "./muon.ts";
import { SessionCache } from "./sessions.ts";

const sessions = new SessionCache(new OnnxExecutor({ threads: 1 }));
afterAll(() => sessions.close());

/** What the quintic makes of a singular value in `steps` steps. */
function pulled(value: number, steps: number): number {
  let s = value;
  for (let i = 0; i < steps; i++) s = 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
  return s;
}

function orthogonal(updates: number[], shape: number[], steps: number): number[] {
  return [...runReference({ x: orthogonalGraph(shape, steps) }, { updates }).x];
}

const near = (values: number[]) => values.map((value) => expect.closeTo(value, 5));

test.each([
  ["wide", [1, 2, 3], [3, 0, 0, 0, 4, 0]],
  ["tall", [1, 3, 2], [3, 0, 0, 4, 0, 0]],
])("a %s matrix with singular values 3 and 4: each is pulled towards 1 where it stands", (_, shape, updates) => {
  // by the Frobenius norm of 5 they become 0.6 and 0.8
  const expected = updates.map((value) => (value === 0 ? 0 : pulled(value / 5, 5)));
  expect(orthogonal(updates, shape, 5)).toEqual(near(expected));
  for (const value of expected.filter((one) => one !== 0)) expect(Math.abs(value - 1)).toBeLessThan(0.35);
});

test("matrices of a stack are independent, and their size does not count", () => {
  const random = new Random(5);
  const [a, b] = [0, 1].map(() => Array.from({ length: 12 }, () => random.normal())) as [number[], number[]];
  const together = orthogonal([...a, ...b.map((value) => 100 * value)], [2, 3, 4], 5);
  const apart = [a, b].flatMap((one) => orthogonal(one, [1, 3, 4], 5));
  expect(together).toEqual(near(apart));
});

test("momentum looks ahead; a tall matrix steps further; decay pulls to 0", async () => {
  // one row and one column have a single singular value, so that their update is the value that 1 is pulled to
  const one = pulled(1, 5);
  const step = { momentum: 0.5, ns_steps: 5 };
  const row = {
    shape: [1, 2],
    weights: Float32Array.of(1, 2),
    gradient: Float32Array.of(2, 0),
    momentum: new Float32Array(2),
    lr: 0.1,
    weight_decay: 0.25,
  };
  const column = { ...row, shape: [2, 1], weights: Float32Array.of(1, 2), momentum: new Float32Array(2) };
  await muon([row, column], step, 0.5, sessions);
  expect([...row.momentum]).toEqual([0.5, 0]); // gradient 2 * 0.5, of which half is kept
  const kept = 1 - 0.1 * 0.25;
  expect(row.weights[0]).toBeCloseTo(kept - 0.1 * one, 5);
  expect(column.weights[0]).toBeCloseTo(kept - 0.1 * Math.SQRT2 * one, 5);
  expect(row.weights[1]).toBeCloseTo(2 * kept, 5);
  // momentum (0.25, 0.5), then halfway back to the gradient: (0.125, 0.75)
  const turned = { ...row, weights: new Float32Array(2), gradient: Float32Array.of(0, 1), weight_decay: 0 };
  await muon([turned], step, 1, sessions);
  expect([...row.momentum]).toEqual([0.25, 0.5]);
  const length = Math.hypot(0.125, 0.75);
  expect(turned.weights[0]).toBeCloseTo((-0.1 * one * 0.125) / length, 5);
  expect(turned.weights[1]).toBeCloseTo((-0.1 * one * 0.75) / length, 5);
});

test("takes the matrices of blocks and leaves vectors, embeddings, patches and the head", () => {
  const init = { kind: "zeros" } as const;
  const taken = (name: string, shape: number[]) => isBlockMatrix({ name, shape, init });
  expect(taken("model.layers.3.mlp.up_proj.weight", [8, 4])).toBe(true);
  expect(taken("model.layers.3.input_layernorm.weight", [4])).toBe(false);
  expect(taken("model.embed_tokens.weight", [9, 4])).toBe(false);
  expect(taken("lm_head.weight", [9, 4])).toBe(false);
});
