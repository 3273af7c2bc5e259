import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { constant, input } from "../../engines/graph/build.ts";
import { differentiate } from "../../engines/graph/differentiate.ts";
import { runReference } from "../../engines/reference/run.ts";
import { losses } from "./index.ts";

type Tokens = Record<string, number[]> & { logprobs: number[]; weights: number[] };

/** A loss of the table, its metrics and its gradient with respect to the logprobs, on the float64 reference executor. */
function evaluate(name: string, tokens: Tokens, options: Record<string, number>) {
  const count = tokens.logprobs.length;
  const asked: string[] = [];
  const logprobs = input("logprobs", [count]);
  const entropies = constant(
    Array.from({ length: count }, (_, i) => i + 1),
    [count],
  );
  const { loss, metrics } = losses.get(name).build(
    {
      logprobs,
      entropies: () => entropies,
      field(field) {
        asked.push(field);
        return input(field, [count]);
      },
    },
    options,
  );
  const { value, gradient, ...rest } = runReference({ ...metrics, value: loss, gradient: differentiate(loss, [logprobs])[0]! }, tokens);
  return {
    loss: value![0]!,
    gradient: [...gradient!],
    metrics: Object.fromEntries(Object.entries<Float64Array>(rest).map(([metric, [sum]]) => [metric, sum!])),
    asked,
  };
}

// float64 sums of a few terms
const near = (expected: number) => expect.closeTo(expected, 12);

describe("cross_entropy", () => {
  test("is the weighted negative log-likelihood", () => {
    const { loss, gradient, metrics } = evaluate("cross_entropy", { logprobs: [-1, -2, -3], weights: [0.5, 0.25, 0] }, {});
    expect(loss).toBe(1); // 0.5 * 1 + 0.25 * 2
    expect(gradient).toEqual([-0.5, -0.25, -0]);
    expect(metrics).toEqual({});
  });
});

describe("grpo", () => {
  const OLD = -1;
  const at = (...ratios: number[]) => ({
    logprobs: ratios.map((ratio) => OLD + Math.log(ratio)),
    oldLogprobs: ratios.map(() => OLD),
  });

  test("clips a ratio where going on would pay, and only there", () => {
    const tokens = { ...at(1, 1.5, 0.5, 1.5, 0.5, 1.5), advantages: [1, 1, -1, -1, 1, 2], weights: [1, 0.5, 2, 1, 1, 0] };
    const { loss, gradient, metrics } = evaluate("grpo", tokens, { clip_low: 0.2, clip_high: 0.3, kl_coef: 0 });
    // min(r A, clip(r) A):  1;  1.3, clipped high;  -0.8, clipped low;  -1.5;  0.5;  weight 0
    expect(loss).toEqual(near(-(1 * 1 + 0.5 * 1.3 + 2 * -0.8 + 1 * -1.5 + 1 * 0.5)));
    // d/dlogprob of r A is r A; a clipped one has none
    [-1, 0, 0, 1.5, -0.5, 0].forEach((expected, i) => {
      expect(gradient[i], `token ${i}`).toEqual(near(expected));
    });
    // sums over the five tokens of weight > 0; the entropies are 1 to 6
    expect(metrics).toEqual({ ratio: near(1 + 1.5 + 0.5 + 1.5 + 0.5), clip_low: 1, clip_high: 1, entropy: 15 });
  });

  test("on the policy that sampled, the gradient is that of the plain policy gradient and nothing is clipped", () => {
    const tokens = { ...at(1, 1, 1), advantages: [0.5, -2, 0], weights: [1, 0.5, 1] };
    const { loss, gradient, metrics } = evaluate("grpo", tokens, { clip_low: 0, clip_high: 0, kl_coef: 0 });
    expect(loss).toEqual(near(-0.5 + 1));
    [-0.5, 1, 0].forEach((expected, i) => {
      expect(gradient[i]).toEqual(near(expected));
    });
    expect(metrics).toMatchObject({ ratio: 3, clip_low: 0, clip_high: 0 });
  });

  test("adds the k3 estimate of the KL to the reference policy", () => {
    const tokens = {
      ...at(1, 1, 1),
      // d = ln 2, -ln 2, 0: k3 = exp(d) - d - 1
      refLogprobs: [OLD + Math.log(2), OLD - Math.log(2), OLD],
      advantages: [0, 0, 0],
      weights: [1, 2, 1],
    };
    const { loss, gradient, metrics } = evaluate("grpo", tokens, { clip_low: 0.2, clip_high: 0.2, kl_coef: 0.1 });
    const [up, down] = [1 - Math.log(2), Math.log(2) - 0.5];
    expect(loss).toEqual(near(0.1 * (up + 2 * down)));
    expect(metrics.kl).toEqual(near(up + down));
    // d k3 / d logprob = 1 - exp(d) = -1, 1/2, 0
    [-0.1, 0.1, 0].forEach((expected, i) => {
      expect(gradient[i]).toEqual(near(expected));
    });
  });

  test("at kl_coef 0 no reference is asked for", () => {
    const tokens = { ...at(1), advantages: [1], weights: [1] };
    expect(evaluate("grpo", tokens, { kl_coef: 0 }).asked).not.toContain("refLogprobs");
    expect(losses.get("grpo").fields({ kl_coef: 0 })).toEqual(["oldLogprobs", "advantages"]);
    expect(losses.get("grpo").fields({ kl_coef: 0.1 })).toEqual(["oldLogprobs", "advantages", "refLogprobs"]);
  });
});

const H = 1e-6;
test.each(losses.names.map((name) => [name]))("the gradient of %s meets central differences", (name) => {
  const random = new Random(3);
  const draw = (low: number, high: number) => Array.from({ length: 12 }, () => low + (high - low) * random.uniform());
  // ratios in [0.55, 1.8], which the seed keeps away from the kinks at 0.8 and 1.3
  const tokens: Tokens = {
    logprobs: draw(-1.3, -0.7),
    oldLogprobs: draw(-1.3, -0.7),
    refLogprobs: draw(-2, -0.5),
    advantages: draw(-1, 1),
    weights: draw(0.1, 1),
  };
  const options = { clip_low: 0.2, clip_high: 0.3, kl_coef: 0.2 };
  const { gradient } = evaluate(name, tokens, options);
  const moved = (i: number, by: number) =>
    evaluate(name, { ...tokens, logprobs: tokens.logprobs.map((value, j) => (i === j ? value + by : value)) }, options).loss;
  gradient.forEach((value, i) => {
    // rounding 1e-16 / 1e-6, truncation h^2
    expect(Math.abs(value - (moved(i, H) - moved(i, -H)) / (2 * H)), `token ${i}`).toBeLessThan(1e-8);
  });
});
