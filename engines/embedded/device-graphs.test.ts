import { expect, test } from "vitest";
import { runReference } from "../reference/run.ts";
import { adamwGraph, adamwNumbers, squaresGraph, sumGraph } from "./device-graphs.ts";

const spec = (name: string, shape: number[]) => ({ name, shape, init: { kind: "zeros" as const } });
const near = (value: number) => expect.closeTo(value, 6);

test("gradients are added up, and their squares whatever the shapes", () => {
  const [a, b, c] = [spec("a", [2]), spec("b", [2, 2]), spec("c", [1, 2, 2])];
  expect(runReference(sumGraph([a]), { "held:a": [1, 2], "more:a": [10, 20] })).toEqual({ "sum:a": Float64Array.of(11, 22) });
  // 1 + 4, 9 + 16 + 25 + 36, 4 * 0.25
  const { squares } = runReference(squaresGraph([a, b, c]), { "grad:a": [1, -2], "grad:b": [3, 4, 5, -6], "grad:c": [0.5, 0.5, 0.5, 0.5] });
  expect(squares).toEqual(Float64Array.of(5 + 86 + 1));
});

test("two steps of AdamW worked by hand: with a gradient that is clipped, then without; one parameter twice as fast, without decay", () => {
  const options = { lr: 0.25, betas: [0.5, 0.75] as [number, number], eps: 0, weight_decay: 0.4, max_grad_norm: 0 };
  const treated = [
    { spec: spec("w", [1]), factor: 1, decays: true },
    { spec: spec("u", [1]), factor: 2, decays: false },
  ];
  const run = (given: boolean, step: number, scale: number, values: Record<string, ArrayLike<number>>) =>
    runReference(adamwGraph(treated.map((one) => ({ ...one, given }))), { ...values, ...adamwNumbers(treated, options, step, scale) });
  const start = { "weight:w": [1], "first:w": [0], "second:w": [0], "weight:u": [1], "first:u": [0], "second:u": [0] };
  const one = run(true, 1, 0.5, { ...start, "grad:w": [4], "grad:u": [4] });
  // g = 4 * 0.5 = 2; m = 0.5 * 2 = 1, v = 0.25 * 4 = 1; m / (1 - 0.5) = 2 over sqrt(1 / (1 - 0.75)) = 2 is 1: lr lower, after decay by 1 - 0.25 * 0.4
  expect(one["next-first:w"]![0]).toEqual(near(1));
  expect(one["next-second:w"]![0]).toEqual(near(1));
  expect(one["next-weight:w"]![0]).toEqual(near(0.9 - 0.25));
  expect(one["next-weight:u"]![0]).toEqual(near(1 - 2 * 0.25));
  const again = Object.fromEntries(Object.entries(one).map(([name, values]) => [name.replace("next-", ""), values]));
  const two = run(false, 2, 1, again);
  // m = 0.5, v = 0.75; 0.5 / 0.75 = 2 / 3 over sqrt(0.75 / 0.4375) = 1.309307 is 0.509175
  expect(two["next-first:w"]![0]).toEqual(near(0.5));
  expect(two["next-second:w"]![0]).toEqual(near(0.75));
  expect(two["next-weight:w"]![0]).toEqual(near(0.65 * 0.9 - 0.25 * 0.509175));
  expect(two["next-weight:u"]![0]).toEqual(near(0.5 - 0.5 * 0.509175));
});
