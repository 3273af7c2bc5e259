import { describe, expect, test } from "vitest";
import { differentiate } from "../../engines/graph/differentiate.ts";
import type { OpName } from "../../engines/graph/ops.ts";
import { runReference } from "../../engines/reference/run.ts";
import { instantiate, opCases } from "./cases.ts";

const H = 1e-6;

/** (f(x + h) - f(x - h)) / 2h for every entry of one input. */
function centralDifferences(
  run: (feeds: Record<string, Float64Array>) => number,
  feeds: Record<string, Float64Array>,
  name: string,
): Float64Array {
  return feeds[name]!.map((value, i) => {
    const at = (x: number) => run({ ...feeds, [name]: feeds[name]!.map((v, j) => (i === j ? x : v)) });
    return (at(value + H) - at(value - H)) / (2 * H);
  });
}

// float64 central differences at h = 1e-6: rounding 1e-16 / 1e-6, truncation h^2
const TOLERANCE = 1e-7;

describe.each(Object.entries(opCases))("%s", (op, cases) => {
  test.each(cases.map((c, i) => [i, c] as const))("case %i meets central differences", (i, opCase) => {
    const { feeds, scalar, floats } = instantiate(opCase, 7 + i);
    const gradients = runReference(Object.fromEntries(differentiate(scalar, floats).map((gradient, j) => [`g${j}`, gradient])), feeds);
    floats.forEach((tensor, j) => {
      const { name } = tensor.attributes;
      const expected =
        // what stops a gradient has none, though its value moves
        centralDifferences((at) => runReference({ scalar }, at).scalar[0]!, feeds, name);
      const stopped = (op as OpName) === "rotary" && j > 0;
      const actual = gradients[`g${j}`]!;
      expect(actual.length).toBe(expected.length);
      actual.forEach((value, k) => {
        if (stopped) expect(value).toBe(0);
        else expect(Math.abs(value - expected[k]!), `${op} d/d${name}[${k}]`).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(value)));
      });
    });
  });
});
