import { describe, expect, test } from "vitest";
import { input, sum } from "../../engines/graph/build.ts";
import { differentiate } from "../../engines/graph/differentiate.ts";
import { runReference } from "../../engines/reference/run.ts";
import { klEstimators, klTensor, klValue } from "./estimators.ts";
import { klFields } from "./options.ts";

/** Values and derivatives by u, in float64. */
function evaluate(name: string, u: number[], limit: number | null) {
  const x = input("u", [u.length]);
  const value = klTensor(name, x, limit);
  const { values, slopes } = runReference({ values: value, slopes: differentiate(sum(value), [x])[0]! }, { u });
  return { values: [...values], slopes: [...slopes] };
}

const LN2 = Math.log(2);
// at u = ln 2, -ln 2, 0
test.each([
  ["k1", [-LN2, LN2, 0], [-1, -1, -1]],
  ["abs", [LN2, LN2, 0], [1, -1, 0]],
  ["k2", [LN2 ** 2 / 2, LN2 ** 2 / 2, 0], [LN2, -LN2, 0]],
  ["k3", [1 - LN2, LN2 - 0.5, 0], [1, -0.5, 0]],
  ["k1+", [-LN2, LN2, 0], [LN2, -LN2, 0]],
  ["abs+", [LN2, LN2, 0], [LN2, -LN2, 0]],
  ["k3+", [1 - LN2, LN2 - 0.5, 0], [LN2, -LN2, 0]],
])("%s", (name, values, slopes) => {
  const found = evaluate(name, [LN2, -LN2, 0], null);
  const near = (expected: number[]) => expected.map((x) => expect.closeTo(x, 12));
  expect(found.values).toEqual(near(values));
  expect(found.slopes).toEqual(near(slopes));
  expect([LN2, -LN2, 0].map((u) => klValue(name, u, null))).toEqual(near(values));
});

describe("a limit", () => {
  test("bounds the estimate, and the log ratio before it", () => {
    // exp(3) - 4 = 16.1 and exp(100) are cut to 10
    expect(evaluate("k3", [3, 100, -2], 10).values).toEqual([10, 10, expect.closeTo(Math.exp(-2) + 1, 12)]);
    expect([3, 100, -2].map((u) => klValue("k3", u, 10))).toEqual([10, 10, expect.closeTo(Math.exp(-2) + 1, 12)]);
    expect(evaluate("k1", [-30], 25).values).toEqual([20]);
  });
});

test("the recipe's choices are those of the table", () => {
  expect([...klFields.kl_estimator.unwrap().options].sort()).toEqual([...klEstimators.names].sort());
});
