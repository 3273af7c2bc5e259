import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { OnnxExecutor } from "../onnx/executor.ts";
import { Optimizer } from "./optimizer.ts";
import { SessionCache } from "./sessions.ts";

/** One case of tests/python/optimizer_steps.py: parameters before, the gradients of two steps, and parameters after each. */
const Values = z.record(z.string(), z.array(z.number()));
const Case = z.object({
  name: z.string(),
  options: z.record(z.string(), z.unknown()),
  shapes: z.record(z.string(), z.array(z.number())),
  start: Values,
  gradients: z.array(Values),
  after: z.array(Values),
  after_bfloat16: z.array(Values).optional(),
});
type Case = z.infer<typeof Case>;
const file = new URL("../../tests/fixtures/optimizer-steps.json", import.meta.url);
const golden = z.object({ adafactor: z.array(Case), muon: z.array(Case) }).parse(JSON.parse(await readFile(file, "utf8")));

const sessions = new SessionCache(new OnnxExecutor({ threads: 1 }));
afterAll(() => sessions.close());

const NONE = { betas: [0.9, 0.999] as [number, number], eps: 1e-8, weight_decay: 0, max_grad_norm: 0 };

/** The parameters after each step, `rename` making a parameter's name. */
async function replay(
  { shapes, start, gradients }: Case,
  options: (step: number) => Parameters<Optimizer["step"]>[2],
  rename = (name: string) => name,
) {
  const names = Object.keys(shapes);
  const optimizer = new Optimizer(names.map((name) => ({ name: rename(name), shape: shapes[name]!, init: { kind: "zeros" } })));
  const arrays = (values: Record<string, number[]>) =>
    Object.fromEntries(names.map((name) => [rename(name), Float32Array.from(values[name]!)]));
  const weights = arrays(start);
  const after = [];
  for (const [i, gradient] of gradients.entries()) {
    await optimizer.step(weights, arrays(gradient), options(i + 1), sessions);
    after.push(Object.fromEntries(names.map((name) => [name, [...weights[rename(name)]!]])));
  }
  return after;
}

function expectNear(actual: Record<string, number[]>[], expected: Record<string, number[]>[], tolerance: number): void {
  for (const [i, step] of expected.entries()) {
    for (const [name, values] of Object.entries(step)) {
      values.forEach((value, k) => {
        expect(Math.abs(actual[i]![name]![k]! - value), `step ${i + 1}, ${name}[${k}]`).toBeLessThan(tolerance);
      });
    }
  }
}

test.each(golden.adafactor.map((one) => [one.name, one] as const))("Adafactor is transformers': %s", async (_, one) => {
  const given = { lr: null, weight_decay: 0, clip_threshold: 1, decay_rate: -0.8, beta1: null, ...one.options } as {
    lr: number | null;
    weight_decay: number;
    clip_threshold: number;
    decay_rate: number;
    beta1: number | null;
    scale_parameter: boolean;
  };
  const { lr, weight_decay, clip_threshold, decay_rate, beta1, scale_parameter } = given;
  const after = await replay(one, (step) => ({
    ...NONE,
    weight_decay,
    lr: lr ?? Math.min(1e-2, 1 / Math.sqrt(step)),
    adafactor: { eps: [1e-30, 1e-3], clip_threshold, decay_rate, beta1, scale_parameter },
  }));
  // float32 on both sides
  expectNear(after, one.after, 1e-6);
});

describe.each(golden.muon.map((one) => [one.name, one] as const))("Muon on a %s matrix", (_, one) => {
  const { lr, momentum, weight_decay, ns_steps } = { ns_steps: 5, ...one.options } as {
    lr: number;
    momentum: number;
    weight_decay: number;
    ns_steps: number;
  };
  const steps = () =>
    replay(
      one,
      () => ({ ...NONE, lr: 1, muon: { lr, momentum, weight_decay, ns_steps } }),
      () => "layers.0.weight",
    );

  test("is torch's in float32", async () => {
    // five quintic steps magnify rounding some hundred times: 1e-7 * 100 * lr
    expectNear(await steps(), one.after, 1e-6);
  });

  test("and torch's as it is but for bfloat16", async () => {
    // 8 bits of an orthogonal matrix's entries, which are at most about 1.2, after two steps of lr 0.02
    expectNear(await steps(), one.after_bfloat16!, 2 * 0.02 * 0.05);
  });
});

test("decay passes over parameters by a part of their name, Muon's too", async () => {
  const named = (...names: string[]) => names.map((name) => ({ name, shape: [2, 2], init: { kind: "zeros" } as const }));
  const specs = named("layers.0.a.weight", "layers.0.norm.weight", "embed.weight", "norm.weight");
  const arrays = (value: number) => Object.fromEntries(specs.map(({ name }) => [name, new Float32Array(4).fill(value)]));
  const weights = arrays(1);
  const muon = { lr: 0.5, momentum: 0, ns_steps: 5, weight_decay: 0.5 };
  // without a gradient decay alone moves anything: 1 - 0.1 * 0.5 by AdamW, 1 - 0.5 * 0.5 by Muon
  await new Optimizer(specs).step(weights, arrays(0), { ...NONE, lr: 0.1, weight_decay: 0.5, no_decay: ["norm"], muon }, sessions);
  const near = (value: number) => expect.closeTo(value, 6);
  expect(Object.values(weights).map((values) => values[0])).toEqual([near(0.75), 1, near(0.95), 1]);
});
