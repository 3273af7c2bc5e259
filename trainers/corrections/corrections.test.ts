import { describe, expect, test } from "vitest";
import { importanceWeights, type Mismatch, ratios } from "./importance.ts";
import { correctionMetrics, mismatchMetrics } from "./mismatch.ts";
import { CorrectionFields, RejectRule } from "./options.ts";
import { rejected } from "./reject.ts";

/** Completions whose ratios trainer / sampler are given; 0 is a token of mask 0 that is far off. */
const ofRatios = (...rows: number[][]): Mismatch[] =>
  rows.map((row) => ({
    mask: Float32Array.from(row, (ratio) => (ratio === 0 ? 0 : 1)),
    old: Float32Array.from(row, (ratio) => (ratio === 0 ? -1 : -2 + Math.log(ratio))),
    sampled: Float32Array.from(row, (ratio) => (ratio === 0 ? -9 : -2)),
  }));
const lists = (arrays: readonly Float32Array[]) => arrays.map((own) => [...own].map((x) => Number(x.toFixed(5))));
const options = (fields: object) => CorrectionFields.parse(fields);

// products 2 * 0.5 * 3 = 3 and 0.25; geometric means 3^(1/3) = 1.44225 and 0.25
const sequences = ofRatios([2, 0.5, 0, 3], [0.25]);

describe("importance weights", () => {
  test.each([
    ["token", [[2, 0.5, 1, 3], [0.25]]],
    ["sequence", [[3, 3, 1, 3], [0.25]]],
    ["sequence_mean", [[1.44225, 1.44225, 1, 1.44225], [0.25]]],
  ] as const)("ratios of the %s", (level, expected) => {
    expect(lists(ratios(sequences, level))).toEqual(expected);
  });

  test.each([
    [{ correction: "none" }, [[1, 1, 1, 1], [1]]],
    [{ correction: "truncate" }, [[2, 0.5, 1, 2], [0.25]]],
    [{ correction: "truncate", correction_low: 0.5 }, [[2, 0.5, 1, 2], [0.5]]],
    [{ correction: "mask" }, [[2, 0.5, 1, 0], [0.25]]],
    [{ correction: "mask", correction_low: 0.5 }, [[2, 0.5, 1, 0], [0]]],
    [{ correction: "mask", correction_level: "sequence" }, [[0, 0, 1, 0], [0.25]]],
    // tokens 2, 0.5, 2, 0.25: mean 1.1875
    [{ correction: "truncate", correction_normalize: true }, [[1.68421, 0.42105, 0.84211, 1.68421], [0.21053]]],
    // completions 2 and 0.25: mean 1.125
    [
      { correction: "truncate", correction_level: "sequence", correction_normalize: true },
      [[1.77778, 1.77778, 0.88889, 1.77778], [0.22222]],
    ],
  ])("%j", (fields, expected) => {
    expect(lists(importanceWeights(sequences, options(fields)))).toEqual(expected);
  });
});

describe("rejection", () => {
  const rule = (fields: object) => RejectRule.parse(fields);
  test.each([
    // 1 / 2.5 = 0.4
    ["token_k1", 2.5, null, [[1, 1, 0, 0], [0]]],
    ["token_k1", 4, 0.2, [[1, 1, 0, 1], [1]]],
    // k2 = ln(r)^2 / 2: 0.2402, 0.2402, 0.6035; 0.9609
    ["token_k2", 0.5, null, [[1, 1, 0, 0], [0]]],
    // k3 = r - ln r - 1: 0.3069, 0.1931, 0.9014; 0.6363
    ["token_k3", 0.7, null, [[1, 1, 0, 0], [1]]],
    ["seq_sum_k1", 3.1, null, [[1, 1, 0, 1], [0]]],
    ["seq_mean_k1", 1.5, 0.2, [[1, 1, 0, 1], [1]]],
    // sums 1.0839 and 0.9609, means 0.3613 and 0.9609, largest 0.6035 and 0.9609
    ["seq_sum_k2", 1, null, [[0, 0, 0, 0], [1]]],
    ["seq_mean_k2", 0.5, null, [[1, 1, 0, 1], [0]]],
    ["seq_max_k2", 0.5, null, [[0, 0, 0, 0], [0]]],
    // sums 1.4014 and 0.6363, means 0.4671 and 0.6363, largest 0.9014 and 0.6363
    ["seq_sum_k3", 1, null, [[0, 0, 0, 0], [1]]],
    ["seq_mean_k3", 0.5, null, [[1, 1, 0, 1], [0]]],
    ["seq_max_k3", 0.7, null, [[0, 0, 0, 0], [1]]],
  ])("%s within %d", (name, upper, lower, expected) => {
    expect(lists(rejected(sequences, [rule({ rule: name, upper, lower })]))).toEqual(expected);
  });

  test("every rule must hold", () => {
    const rules = [rule({ rule: "token_k1", upper: 2.5, lower: 0.2 }), rule({ rule: "seq_sum_k2", upper: 1 })];
    expect(lists(rejected(sequences, rules))).toEqual([[0, 0, 0, 0], [1]]);
    expect(lists(rejected(sequences, []))).toEqual([[1, 1, 0, 1], [1]]);
  });

  test("only k1 has a lower bound", () => {
    expect(() => rule({ rule: "token_k2", upper: 1, lower: 0.1 })).toThrow("only k1 is bounded from below");
  });
});

describe("metrics", () => {
  test("of one policy there is no gap", () => {
    const metrics = mismatchMetrics(ofRatios([1, 1], [1]));
    expect(metrics).toMatchObject({ "rollout_corr/kl": 0, "rollout_corr/chi2_seq": 0, "sampling/sampling_logp_difference/max": 0 });
    expect(metrics["rollout_corr/ppl_ratio"]).toBe(1);
    // two tokens at -2: exp(2)
    expect(metrics["rollout_corr/training_ppl"]).toBeCloseTo(Math.exp(2), 6);
  });

  test("completions without a token of mask 1 are left out, and of none there is nothing", () => {
    expect(mismatchMetrics(ofRatios([1, 2], [0]))).toEqual(mismatchMetrics(ofRatios([1, 2])));
    expect(mismatchMetrics(ofRatios([0]))).toEqual({});
  });

  test("of the weights after they were bounded", () => {
    const metrics = correctionMetrics(sequences, options({ correction: "mask", correction_low: 0.3 }));
    // 2, 0.5, 0 and 0: mean 0.625, mean square 1.0625; two of four were out of bounds
    expect(metrics["sampling/importance_sampling_ratio/min"]).toBeCloseTo(0, 6);
    expect(metrics["sampling/importance_sampling_ratio/mean"]).toBeCloseTo(0.625, 6);
    expect(metrics["sampling/importance_sampling_ratio/max"]).toBeCloseTo(2, 6);
    expect(metrics["rollout_corr/rollout_is_eff_sample_size"]).toBeCloseTo(0.625 ** 2 / 1.0625, 6);
    expect(metrics["rollout_corr/rollout_is_oob_ratio"]).toBe(0.5);
    expect(correctionMetrics(sequences, options({}))).toEqual({});
  });
});
