import { expect, test } from "vitest";
import { mergeInto } from "./merge.ts";

test("weight += scaling * B A, by hand", () => {
  const weight = Float32Array.of(1, 2, 3, 4, 5, 6); // [2, 3]
  const A = Float32Array.of(1, 0, -1, 2, 1, 0); // [2, 3]
  const B = Float32Array.of(1, 2, 0, 3); // [2, 2]
  // B A = [[1 + 4, 0 + 2, -1 + 0], [6, 3, 0]]
  mergeInto(weight, A, B, 0.5);
  expect([...weight]).toEqual([3.5, 3, 2.5, 7, 6.5, 6]);
});

test("the product is summed in float64: 2^24 and 1 do not lose the 1", () => {
  const weight = new Float32Array(1);
  mergeInto(weight, Float32Array.of(2 ** 24, 1, -(2 ** 24)), Float32Array.of(1, 1, 1), 1);
  expect(weight[0]).toBe(1);
});

test("matrices of other sizes are refused", () => {
  expect(() => mergeInto(new Float32Array(6), new Float32Array(4), new Float32Array(4), 1)).toThrow(/do not belong to a weight of 6/);
});
