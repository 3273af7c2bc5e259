import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { TableEngine } from "../../tests/table-engine.ts";
import { losses, policyLosses } from "./index.ts";
import { LossFields } from "./options.ts";
import type { TermOptions } from "./policy.ts";

type Fields = Record<string, number[]>;

const TERMS: TermOptions = { ...LossFields.parse({}), kl_estimator: null, kl_limit: null, kl_bias_correction: false, entropy_bonus: false };

/** A loss of the table over completions [S][T], its per-token values and its gradient with respect to the logprobs, in float64. */
async function evaluate(name: string, completions: Fields[], options: Partial<TermOptions> = {}) {
  const all = (key: string) => completions.flatMap((fields) => fields[key]!);
  const logprobs = all("logprobs");
  const engine = new TableEngine({ logprobs, entropies: logprobs.map((_, i) => i + 1) }, losses);
  let id = 0;
  const rows = completions.map(({ logprobs, ...fields }) => ({
    prompt: { tokens: Int32Array.of(0), pixels: null },
    completions: [
      {
        tokens: Int32Array.from(logprobs!, () => id++),
        fields: Object.fromEntries(Object.entries(fields).map(([key, values]) => [key, Float32Array.from(values)])),
      },
    ],
  }));
  const { perToken } = await engine.forwardBackward(rows, { name, options: { ...TERMS, ...options }, temperature: 1 });
  const flat = Object.fromEntries(Object.entries(perToken).map(([key, values]) => [key, values.flat(2).flatMap((own) => [...own])]));
  return { loss: engine.loss, gradient: [...engine.gradient], entropyGradient: [...engine.entropyGradient], tokens: flat };
}

// fields are float32: 6e-8 of a value
const near = (expected: number) => expect.closeTo(expected, 6);
const allNear = (expected: number[]) => expected.map((value) => (Object.is(value, -0) ? near(0) : near(value)));

const OLD = -1;
const at = (...ratios: number[]) => ({
  logprobs: ratios.map((ratio) => OLD + Math.log(ratio)),
  oldLogprobs: ratios.map(() => OLD),
  mask: ratios.map(() => 1),
});

test("cross_entropy is the weighted negative log-likelihood", async () => {
  const { loss, gradient } = await evaluate("cross_entropy", [{ logprobs: [-1, -2, -3], weights: [0.5, 0.25, 0] }]);
  expect(loss).toBe(1); // 0.5 * 1 + 0.25 * 2
  expect(gradient).toEqual([-0.5, -0.25, 0]);
});

test("dft weighs a token by its probability, which has no gradient", async () => {
  const logprobs = [Math.log(0.5), Math.log(0.25), -3];
  const { loss, gradient } = await evaluate("dft", [{ logprobs, weights: [0.5, 0.25, 0] }]);
  // 0.5 * 0.5 ln 2 + 0.25 * 0.25 ln 4
  expect(loss).toEqual(near(0.25 * Math.LN2 + 0.0625 * 2 * Math.LN2));
  expect(gradient).toEqual(allNear([-0.25, -0.0625, 0]));
});

describe("grpo", () => {
  test("clips a ratio where going on would pay, and only there", async () => {
    const tokens = { ...at(1, 1.5, 0.5, 1.5, 0.5, 1.5), advantages: [1, 1, -1, -1, 1, 2], weights: [1, 0.5, 2, 1, 1, 0] };
    const { loss, gradient, tokens: values } = await evaluate("grpo", [tokens], { clip_high: 0.3 });
    // min(r A, clip(r) A):  1;  1.3, clipped high;  -0.8, clipped low;  -1.5;  0.5;  weight 0
    expect(loss).toEqual(near(-(1 * 1 + 0.5 * 1.3 + 2 * -0.8 + 1 * -1.5 + 1 * 0.5)));
    // d/dlogprob of r A is r A; a clipped one has none
    expect(gradient).toEqual(allNear([-1, 0, 0, 1.5, -0.5, 0]));
    expect(values).toMatchObject({ clip_low: [0, 0, 1, 0, 0, 0], clip_high: [0, 1, 0, 0, 0, 1], entropies: [1, 2, 3, 4, 5, 6] });
  });

  test("on the policy that sampled, the gradient is that of the plain policy gradient and nothing is clipped", async () => {
    const tokens = { ...at(1, 1, 1), advantages: [0.5, -2, 0], weights: [1, 0.5, 1] };
    const { loss, gradient, tokens: values } = await evaluate("grpo", [tokens], { clip_low: 0, clip_high: 0 });
    expect(loss).toEqual(near(-0.5 + 1));
    expect(gradient).toEqual(allNear([-0.5, 1, 0]));
    expect(values).toMatchObject({ clip_low: [0, 0, 0], clip_high: [0, 0, 0] });
  });

  test("delta bounds what a negative advantage can cost", async () => {
    const tokens = { ...at(5, 3, 5), advantages: [-1, -1, 1], weights: [1, 1, 1] };
    const { loss, gradient, tokens: values } = await evaluate("grpo", [tokens], { delta: 4 });
    expect(loss).toEqual(near(4 + 3 - 1.2));
    expect(gradient).toEqual(allNear([0, 3, 0]));
    expect(values.clip_delta).toEqual([1, 0, 0]);
  });

  test("by the sequence, every token has the ratio of the mean", async () => {
    // ln 1.44 / 2 = ln 1.2 in the first completion, whose third token is masked; ln 2 in the second
    const first = { ...at(1.44, 1, 7), mask: [1, 1, 0], advantages: [1, 1, 1], weights: [0.5, 0.5, 0] };
    const second = { ...at(2), advantages: [-1], weights: [1] };
    const { loss, gradient } = await evaluate("grpo", [first, second], { ratio: "sequence", clip_high: 0.3 });
    expect(loss).toEqual(near(-1.2 + 2));
    // two tokens of weight 1/2 share the mean: each moves it by half
    expect(gradient).toEqual(allNear([-0.6, -0.6, 0, 2]));
  });

  test("by the product, every token has that of its completion", async () => {
    // 1.5 * 1.2 = 1.8; 0.5 * 0.9 = 0.45, clipped
    const first = { ...at(1.5, 1.2), advantages: [-1, -1], weights: [0.25, 0.25] };
    const second = { ...at(0.5, 0.9), advantages: [-1, -1], weights: [0.25, 0.25] };
    const { loss, gradient } = await evaluate("grpo", [first, second], { ratio: "product" });
    expect(loss).toEqual(near(0.5 * 1.8 + 0.5 * 0.8));
    // each of the two tokens moves the whole product, which both weigh
    expect(gradient).toEqual(allNear([0.9, 0.9, 0, 0]));
  });

  test("by the turn, each turn has its own", async () => {
    const tokens = { ...at(1.44, 1, 1.1), turns: [0, 0, 1], advantages: [1, 1, 1], weights: [1, 1, 1] };
    const { loss, gradient } = await evaluate("grpo", [tokens], { ratio: "turn", clip_high: 0.3 });
    expect(loss).toEqual(near(-1.2 - 1.2 - 1.1));
    expect(gradient).toEqual(allNear([-1.2, -1.2, -1.1]));
  });
});

describe("beside the policy term", () => {
  const still = { advantages: [0, 0, 0], weights: [1, 1, 1] };

  test("KL has weights of its own", async () => {
    // u = ln 2, -ln 2, 0: k3 = exp(u) - u - 1
    const tokens = { ...at(1, 1, 1), ...still, refLogprobs: [OLD + Math.log(2), OLD - Math.log(2), OLD], klWeights: [0.1, 0.2, 0.1] };
    const { loss, gradient, tokens: values } = await evaluate("grpo", [tokens], { kl_estimator: "k3" });
    const [up, down] = [1 - Math.log(2), Math.log(2) - 0.5];
    expect(loss).toEqual(near(0.1 * up + 0.2 * down));
    expect(values.kl).toEqual(allNear([up, down, 0]));
    // d k3 / d logprob = 1 - exp(u) = -1, 1/2, 0
    expect(gradient).toEqual(allNear([-0.1, 0.1, 0]));
  });

  test("bias correction multiplies it by the ratio", async () => {
    const tokens = { ...at(2, 1, 1), ...still, refLogprobs: [OLD, OLD, OLD], klWeights: [1, 1, 1] };
    const { loss } = await evaluate("grpo", [tokens], { kl_estimator: "k1", kl_bias_correction: true });
    expect(loss).toEqual(near(2 * Math.log(2)));
  });

  test("an entropy bonus is subtracted", async () => {
    const tokens = { ...at(1, 1, 1), ...still, entropyWeights: [0.1, 0, 0.2] };
    const { loss, entropyGradient } = await evaluate("grpo", [tokens], { entropy_bonus: true });
    expect(loss).toEqual(near(-(0.1 * 1 + 0.2 * 3)));
    expect(entropyGradient).toEqual(allNear([-0.1, 0, -0.2]));
  });
});

describe("losses with a weight that is held still have the gradient of -weight A lp", () => {
  test("vespo: phi = exp(l + k x - l e^x) of the completion", async () => {
    // x = ln 1.2 + ln 0.5 = ln 0.6; A >= 0: k 2, l 3: phi = exp(3 - 3 * 0.6) * 0.6^2; masked tokens count in neither
    const first = { ...at(1.2, 0.5, 9), mask: [1, 1, 0], correction: [1, 1, 1], advantages: [2, 2, 2], weights: [1, 0.5, 0] };
    // x = ln 2 and the sampler's 0.5 make 1, where phi is 1
    const second = { ...at(2), correction: [0.5], advantages: [-1], weights: [1] };
    const { loss, gradient, tokens } = await evaluate("vespo", [first, second]);
    const phi = Math.exp(3 - 3 * 0.6) * 0.6 ** 2;
    expect(tokens.phi).toEqual(allNear([phi, phi, phi, 1]));
    expect(gradient).toEqual(allNear([-phi * 2, -phi * 2 * 0.5, 0, 1]));
    const [a, b] = [OLD + Math.log(1.2), OLD + Math.log(0.5)];
    expect(loss).toEqual(near(-phi * 2 * (a + 0.5 * b) + OLD + Math.log(2)));
  });

  test("cispo caps the ratio itself, cispo_relative both ways around 1", async () => {
    const tokens = { ...at(7, 0.1, 2), advantages: [1, 1, -1], weights: [1, 1, 1] };
    const absolute = await evaluate("cispo", [tokens], { ratio_cap: 5 });
    expect(absolute.gradient).toEqual(allNear([-5, -0.1, 2]));
    expect(absolute.tokens.cispo_clip).toEqual([1, 0, 0]);
    expect((await evaluate("cispo_relative", [tokens])).gradient).toEqual(allNear([-1.2, -0.8, 1.2]));
  });

  test("dppo leaves out what has moved far enough in the direction of its advantage", async () => {
    // probabilities exp(-1) = 0.368 times the ratio: moves of +0.37, +0.37, -0.18, -0.18
    const tokens = { ...at(2, 2, 0.5, 0.5), advantages: [1, -1, 1, -1], weights: [1, 1, 1, 1] };
    const options = { clip_low: 0.1, clip_high: 0.1, ratio_cap: 1.5 };
    expect((await evaluate("dppo_tv", [tokens], options)).gradient).toEqual(allNear([0, 1.5, -0.5, 0]));
    expect((await evaluate("dppo_kl", [tokens], { ...options, clip_low: 0.01, clip_high: 0.01 })).gradient).toEqual(
      allNear([0, 1.5, -0.5, 0]),
    );
  });
});

const H = 1e-6;
// losses that hold a part of themselves still are not the derivative of their value
const DETACHED = ["cispo", "cispo_relative", "vespo", "gspo_token", "dppo_tv", "dppo_kl"];
describe.each(policyLosses.names.filter((name) => !DETACHED.includes(name)).map((name) => [name]))("%s", (name) => {
  const random = new Random(3);
  const draw = (low: number, high: number) => Array.from({ length: 12 }, () => low + (high - low) * random.uniform());
  // ratios in [0.55, 1.8], which the seed keeps away from the kinks
  const drawn = {
    logprobs: draw(-1.3, -0.7),
    oldLogprobs: draw(-1.3, -0.7),
    refLogprobs: draw(-2, -0.5),
    advantages: draw(-1, 1),
    weights: draw(0.1, 1),
    klWeights: draw(0.01, 0.1),
    correction: draw(0.5, 1.5),
    kept: Array.from({ length: 12 }, (_, i) => (i === 3 ? 0 : 1)),
    held: Array.from({ length: 12 }, (_, i) => (i === 3 ? 1 : 0)),
    mask: Array<number>(12).fill(1),
  };
  const cut = (from: number, to: number) => Object.fromEntries(Object.entries(drawn).map(([key, values]) => [key, values.slice(from, to)]));
  const completions = () => [cut(0, 5), cut(5, 6), cut(6, 12)];
  const options = { clip_high: 0.3, kl_estimator: "k3", ...policyLosses.get(name).defaults };

  test("its gradient meets central differences", async () => {
    const { gradient } = await evaluate(name, completions(), options);
    for (let i = 0; i < 12; i++) {
      const moved = async (by: number) => {
        const tokens = completions();
        const [s, t] = i < 5 ? [0, i] : i < 6 ? [1, 0] : [2, i - 6];
        tokens[s]!.logprobs![t]! += by;
        return (await evaluate(name, tokens, options)).loss;
      };
      // rounding 1e-16 / 1e-6, truncation h^2
      expect(Math.abs(gradient[i]! - ((await moved(H)) - (await moved(-H))) / (2 * H)), `token ${i}`).toBeLessThan(1e-8);
    }
  });
});
