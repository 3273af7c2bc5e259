import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { runReference } from "../reference/run.ts";
import { add, input, matmul, mul, reshape, sigmoid, slice, sum, type Tensor } from "./build.ts";
import { type DifferentiateOptions, differentiate } from "./differentiate.ts";
import { topological } from "./tensor.ts";

/**
 * Two layers with a residual, in which one weight is used twice and a value within the second layer is used behind it as well:
 *   h = x + sigmoid(x A) B,  z = sigmoid(h A),  k = h + z C,  y = sum(k * k) + sum of the first column of z
 */
const x = input("x", [3, 4]);
const [a, b, c] = [input("a", [4, 5]), input("b", [5, 4]), input("c", [5, 4])];
const h = add(x, matmul(sigmoid(matmul(x, a)), b));
const z = sigmoid(matmul(h, a));
const k = add(h, matmul(z, c));
const y = add(sum(mul(k, k)), reshape(sum(slice(z, 1, 0, 1)), []));
const parameters = { a, b, c };

const random = new Random(31);
const feeds = Object.fromEntries(
  Object.entries({ x, ...parameters }).map(([name, { shape }]) => [
    name,
    Float64Array.from({ length: shape[0]! * shape[1]! }, () => 0.5 * random.normal()),
  ]),
) as Record<"x" | "a" | "b" | "c", Float64Array>;

function gradientsOf(options: DifferentiateOptions): Record<"a" | "b" | "c", Tensor> {
  const [ga, gb, gc] = differentiate(y, Object.values(parameters), options) as [Tensor, Tensor, Tensor];
  return { a: ga, b: gb, c: gc };
}

const values = (options: DifferentiateOptions) => runReference(gradientsOf(options), feeds);
const count = (op: string, options: DifferentiateOptions) =>
  topological([y, ...Object.values(gradientsOf(options))]).filter((value) => value.op === op).length;

const first = { from: x, to: [h] };
const second = { from: h, to: [k, z] };

test("the gradient meets central differences", () => {
  const step = 1e-6;
  for (const name of ["a", "b", "c"] as const) {
    const gradient = values({})[name];
    feeds[name].forEach((value, i) => {
      const at = (moved: number) => {
        const all = feeds[name].slice();
        all[i] = moved;
        return runReference({ y }, { ...feeds, [name]: all }).y[0]!;
      };
      const expected = (at(value + step) - at(value - step)) / (2 * step);
      // float64: rounding 1e-15 / 1e-6, truncation 1e-12
      expect(Math.abs(gradient[i]! - expected), `${name}[${i}]`).toBeLessThan(1e-7);
    });
  }
});

describe.each<[string, DifferentiateOptions]>([
  ["gates", { gates: [y, k, z, h, x] }],
  ["a gate in the middle", { gates: [h] }],
  ["a segment", { recompute: [second] }],
  ["two segments", { recompute: [second, first] }],
  ["segments and gates", { recompute: [first, second], gates: [k, h] }],
])("with %s", (_, options) => {
  test("no entry of the gradient changes", () => {
    const [plain, changed] = [values({}), values(options)];
    for (const name of ["a", "b", "c"] as const) {
      changed[name].forEach((value, i) => {
        // the same sums of the same terms, times a factor of 1
        expect(value, `${name}[${i}]`).toBe(plain[name][i]);
      });
    }
  });
});

test("behind a gate the gradients before it are done", () => {
  const waitsFor = (options: DifferentiateOptions) => {
    const { b: late, c: early } = gradientsOf(options);
    return topological([late]).includes(early);
  };
  expect(waitsFor({})).toBe(false);
  expect(waitsFor({ gates: [h] })).toBe(true);
});

test("a segment's values are made once more, and none of the first ones is kept for the backward pass", () => {
  expect(count("sigmoid", {})).toBe(2);
  expect(count("sigmoid", { recompute: [second] })).toBe(3);
  expect(count("sigmoid", { recompute: [second, first] })).toBe(4);
  // what the gradients are made of, the forward pass up to y aside
  const forward = new Set(topological([y]));
  const kept = (options: DifferentiateOptions) => {
    const backward = topological(Object.values(gradientsOf(options))).filter((value) => !forward.has(value));
    return new Set(backward.flatMap(({ inputs }) => inputs.filter((value) => forward.has(value) && value.inputs.length > 0)));
  };
  expect(kept({}).has(z)).toBe(true);
  expect(kept({ recompute: [second] }).has(z)).toBe(false);
  expect(kept({ recompute: [second] }).has(h)).toBe(true);
});
