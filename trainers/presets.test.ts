import { describe, expect, test } from "vitest";
import { advantages } from "./advantages/index.ts";
import { aggregations } from "./aggregation/index.ts";
import { ignoredFields } from "./ignored.ts";
import { policyLosses } from "./losses/index.ts";
import { GrpoStage } from "./options.ts";
import { settledFields } from "./presets.ts";

const stageOf = (fields: object) => {
  const given = { name: "rl", kind: "grpo", steps: 1, ...fields };
  return GrpoStage.parse({ ...given, ...settledFields(given) });
};

describe("settled fields", () => {
  test("without compat only what a loss or an advantage asks for", () => {
    expect(settledFields({})).toEqual({});
    expect(settledFields({ loss: "gspo" })).toEqual({
      aggregation: "sequence_mean_token_mean",
      ratio: "sequence",
      clip_low: 3e-4,
      clip_high: 4e-4,
    });
    expect(settledFields({ advantage: "rloo" })).toEqual({ scale_rewards: "none" });
  });

  test("what the recipe says stands", () => {
    expect(stageOf({ loss: "gspo", clip_low: 0.1, compat: "trl" })).toMatchObject({ clip_low: 0.1, clip_high: 4e-4, std_epsilon: 1e-4 });
    expect(settledFields({ loss: "nothing of the kind" })).toEqual({});
  });

  test("trl: dapo, and a product of importance ratios within 3", () => {
    const stage = stageOf({ compat: "trl" });
    expect(stage).toMatchObject({ loss: "dapo", aggregation: "token_mean", clip_low: 0.2, clip_high: 0.2, delta: null, std_epsilon: 1e-4 });
    expect(stage).toMatchObject({ correction: "mask", correction_level: "sequence", correction_high: 3, old_logprobs: "recomputed" });
    expect(stageOf({ compat: "trl", loss: "grpo" }).aggregation).toBe("sequence_mean_token_mean");
    // TRL leaves the deviation to scale_rewards, whatever the loss
    expect(stageOf({ compat: "trl", loss: "dr_grpo" })).toMatchObject({ aggregation: "dr_grpo", scale_rewards: "group" });
    expect(stageOf({ compat: "trl", advantage: "rloo" })).toMatchObject({ scale_rewards: "none", ratio: "product", loss: "grpo" });
    expect(stageOf({ compat: "trl", advantage: "rloo" })).toMatchObject({ kl_coef: 0.05, kl_in: "reward", kl_estimator: "k1" });
    expect(stageOf({ compat: "trl", advantage: "rloo", loss: "cispo" })).toMatchObject({ ratio: "token", kl_coef: 0 });
  });

  test("verl: token mean with a dual clip at 3, clamped divergences", () => {
    const stage = stageOf({ compat: "verl" });
    expect(stage).toMatchObject({
      loss: "grpo",
      aggregation: "token_mean",
      delta: 3,
      std_epsilon: 1e-6,
      kl_limit: 10,
      count_masked: false,
    });
    expect(stage).toMatchObject({ correction: "none", entropy_aggregation: "loss" });
    expect(stageOf({ compat: "verl", loss: "dppo_tv" })).toMatchObject({ ratio_cap: 3, clip_low: 0.2 });
  });

  test("every name that a preset gives is in its table", () => {
    for (const compat of ["none", "trl", "verl"]) {
      for (const loss of policyLosses.names) {
        const stage = stageOf({ compat, loss });
        expect(aggregations.has(stage.aggregation)).toBe(true);
        expect(advantages.has(stage.advantage)).toBe(true);
      }
    }
  });
});

describe("ignored fields", () => {
  const ignored = (fields: object) => ignoredFields(stageOf(fields)).map(({ field }) => field);

  test("what a loss does not read", () => {
    expect(ignored({ loss: "cispo" })).toEqual(expect.arrayContaining(["clip_low", "clip_high", "delta", "tau_pos"]));
    expect(ignored({ loss: "cispo" })).not.toContain("ratio_cap");
    expect(ignored({ loss: "dro" })).toContain("ratio");
    // but the corrected divergence does
    expect(ignored({ loss: "dro", kl_coef: 0.1, kl_bias_correction: true })).not.toContain("ratio");
  });

  test("what an advantage does not read", () => {
    expect(ignored({ advantage: "opo" })).toEqual(expect.arrayContaining(["scale_rewards", "std", "std_epsilon", "gamma"]));
    expect(ignored({ scale_rewards: "none" })).toEqual(expect.arrayContaining(["std", "std_epsilon"]));
    expect(ignored({ advantage: "reinforce_plus_plus" })).toContain("compare_truncated");
  });

  test.each([
    [{}, "kl_limit", { kl_coef: 0.1 }],
    [{ kl_coef: 0.1, kl_in: "reward" }, "kl_bias_correction", { kl_coef: 0.1 }],
    [{ kl_coef: 0.1 }, "kl_horizon", { kl_coef: 0.1, kl_target: 0.1 }],
    [{}, "entropy_aggregation", { entropy_coef: 0.1 }],
    [{ entropy_coef: 0.1 }, "entropy_step", { entropy_target: 0.2 }],
    [{ old_logprobs: "recomputed" }, "correction_high", { old_logprobs: "recomputed", correction: "mask" }],
    [{}, "correction", { old_logprobs: "recomputed" }],
    [{}, "reject", { old_logprobs: "recomputed" }],
    [{}, "aggregation_length", { aggregation: "dr_grpo" }],
    [{}, "count_masked", { aggregation: "luspo" }],
  ])("with %j %s says nothing, with %j it does", (without, field, within) => {
    expect(ignored(without)).toContain(field);
    expect(ignored(within)).not.toContain(field);
  });
});
