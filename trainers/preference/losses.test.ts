import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Random } from "../../core/random.ts";
import { type PairSums, pairLoss } from "./evaluate.ts";
import { preferenceLosses } from "./losses.ts";

const OPTIONS = { beta: 0.1, label_smoothing: 0, discopop_tau: 0.05 };
/** One pair with log-ratios c = 0.5 and r = -0.2, answers of 4 and 5 tokens. */
const PAIR: PairSums = { chosen: [-3.5], rejected: [-6.2], refChosen: [-4], refRejected: [-6], chosenLengths: [4], rejectedLengths: [5] };

const lossOf = (name: string, pairs = PAIR, options = OPTIONS) => pairLoss(pairs, [{ name, weight: 1 }], options).loss;

const file = new URL("../../tests/fixtures/losses/golden.json", import.meta.url);
const Golden = z.object({
  dpo: z.array(
    z.object({
      name: z.string(),
      options: z.object({
        beta: z.number(),
        loss_type: z.string(),
        chosen_length: z.number().default(1),
        rejected_length: z.number().default(1),
      }),
      chosen_logratio: z.number(),
      rejected_logratio: z.number(),
      loss: z.number(),
    }),
  ),
});
const golden = Golden.parse(JSON.parse(await readFile(file, "utf8")));

test.each(golden.dpo.map((one) => [one.name, one] as const))("TRL's %s", (_, { options, chosen_logratio, rejected_logratio, loss }) => {
  const { beta, loss_type, chosen_length, rejected_length } = options;
  const pairs = {
    chosen: [chosen_logratio],
    rejected: [rejected_logratio],
    refChosen: [0],
    refRejected: [0],
    chosenLengths: [chosen_length],
    rejectedLengths: [rejected_length],
  };
  // the file has five decimals
  expect(lossOf(loss_type, pairs, { ...OPTIONS, beta })).toBeCloseTo(loss, 5);
});

/** log(1 + e^x) = -log sigmoid(-x) */
const softplus = (x: number) => Math.log(1 + Math.exp(x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe("one pair, b = 0.1, D = 0.7: by hand", () => {
  test.each([
    ["sigmoid", 0, softplus(-0.07)],
    ["hinge", 0, 1 - 0.07],
    ["ipo", 0, (0.125 + 0.04 - 5) ** 2], // 0.5 / 4 - (-0.2 / 5) - 1 / (2 b)
    ["robust", 0.1, (0.9 * softplus(-0.07) - 0.1 * softplus(0.07)) / 0.8],
    // sig(x) (log sig(x) - log 0.9) + sig(-x) (log sig(-x) - log 0.1)
    ["exo_pair", 0.1, sigmoid(0.07) * (-softplus(-0.07) - Math.log(0.9)) + sigmoid(-0.07) * (-softplus(0.07) - Math.log(0.1))],
    ["nca_pair", 0, softplus(-0.05) + 0.5 * softplus(0.05) + 0.5 * softplus(-0.02)],
    ["bco_pair", 0, softplus(-0.05) + softplus(-0.02)],
    ["sppo_hard", 0, 4.5 ** 2 + 4.8 ** 2], // 0.5 - 5 and -0.2 + 5
    ["aot", 0.1, 0.9 * softplus(-0.07) + 0.1 * softplus(0.07)], // with one pair there is nothing to sort
    ["aot_unpaired", 0.1, 0.9 * softplus(-0.07) + 0.1 * softplus(0.07)],
    ["apo_zero", 0, 1 - sigmoid(0.05) + sigmoid(-0.02)],
    ["apo_down", 0, sigmoid(0.05) + 1 - sigmoid(0.07)],
    // x / tau = 0.07 / 0.05
    ["discopop", 0, softplus(-0.07) * (1 - sigmoid(1.4)) + Math.exp(-0.07) * sigmoid(1.4)],
    ["sigmoid_norm", 0, softplus(-0.1 * 0.165)],
    ["sft", 0, 3.5 / 4],
  ])("%s, label smoothing %d", (name, label_smoothing, expected) => {
    expect(lossOf(name, PAIR, { ...OPTIONS, label_smoothing })).toBeCloseTo(expected, 12);
  });

  test("are all there are", () => {
    expect(preferenceLosses.names).toHaveLength(15);
  });
});

describe("two pairs", () => {
  const two = (values: Partial<PairSums>): PairSums => ({
    chosen: [-1, -3],
    rejected: [-2, -1],
    refChosen: [-2, -2],
    refRejected: [-1, -2],
    chosenLengths: [1, 3],
    rejectedLengths: [1, 1],
    ...values,
  });

  test("aot compares the smallest margin with the reference's smallest, whichever pairs they are of", () => {
    // margins 1, -2 and the reference's -1, 0: sorted -2, 1 and -1, 0, the differences -1 and 1
    expect(lossOf("aot", two({}))).toBeCloseTo((softplus(0.1) + softplus(-0.1)) / 2, 12);
    // log-ratios 1, -1 and -1, 1: sorted alike, differences of 0
    expect(lossOf("aot_unpaired", two({}))).toBeCloseTo(Math.LN2, 12);
  });

  test("sft is the mean over all chosen tokens", () => {
    const { loss, chosen, rejected } = pairLoss(two({}), [{ name: "sft", weight: 1 }], OPTIONS);
    expect(loss).toBe(1); // (1 + 3) / 4
    expect([...chosen]).toEqual([-0.25, -0.25]);
    expect([...rejected].map(Math.abs)).toEqual([0, 0]);
  });

  test("several losses are added by weight, and a loss is a mean over pairs", () => {
    const both = pairLoss(
      two({}),
      [
        { name: "sigmoid", weight: 2 },
        { name: "sft", weight: 0.5 },
      ],
      OPTIONS,
    ).loss;
    // D is 2 and -2
    expect(both).toBeCloseTo(2 * ((softplus(-0.2) + softplus(0.2)) / 2) + 0.5, 12);
  });

  test("DPO's gradient is b * sigmoid(-b D) / pairs, up for the chosen and down for the rejected", () => {
    const { chosen, rejected } = pairLoss(two({}), [{ name: "sigmoid", weight: 1 }], OPTIONS);
    const near = (values: number[]) => values.map((value) => expect.closeTo(value, 12));
    expect([...chosen]).toEqual(near([-0.05 * sigmoid(-0.2), -0.05 * sigmoid(0.2)]));
    expect([...rejected]).toEqual(near([0.05 * sigmoid(-0.2), 0.05 * sigmoid(0.2)]));
  });
});

test.each(preferenceLosses.names)("%s: the gradient meets central differences", (name) => {
  const random = new Random(4);
  const draw = (low: number, high: number) => Array.from({ length: 5 }, () => low + (high - low) * random.uniform());
  const pairs: PairSums = {
    chosen: draw(-9, -3),
    rejected: draw(-9, -3),
    refChosen: draw(-9, -3),
    refRejected: draw(-9, -3),
    chosenLengths: [1, 2, 3, 4, 5],
    rejectedLengths: [5, 4, 3, 2, 1],
  };
  const options = { beta: 0.4, label_smoothing: 0.1, discopop_tau: 0.5 };
  const result = pairLoss(pairs, [{ name, weight: 1 }], options);
  const h = 1e-6;
  for (const side of ["chosen", "rejected"] as const) {
    result[side].forEach((value, i) => {
      const moved = (by: number) => lossOf(name, { ...pairs, [side]: pairs[side].map((x, j) => (i === j ? x + by : x)) }, options);
      // rounding 1e-16 * 10 / 1e-6, truncation h^2
      expect(Math.abs(value - (moved(h) - moved(-h)) / (2 * h)), `${side} ${i}`).toBeLessThan(1e-7);
    });
  }
});

test.each(preferenceLosses.names)("%s stays a number where the policy is far from the reference", (name) => {
  for (const far of [-500, 500]) {
    const { loss, chosen, rejected } = pairLoss({ ...PAIR, chosen: [-4 + far], rejected: [-6 - far] }, [{ name, weight: 1 }], {
      ...OPTIONS,
      label_smoothing: 0.1,
    });
    expect([loss, ...chosen, ...rejected].every(Number.isFinite), `${far}`).toBe(true);
  }
});
