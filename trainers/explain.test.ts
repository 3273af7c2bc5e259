import { expect, test } from "vitest";
import { advantages } from "./advantages/index.ts";
import { explainStage } from "./explain.ts";
import { policyLosses } from "./losses/index.ts";
import { DpoStage, GrpoStage, PpoStage, SftStage } from "./options.ts";
import { preferenceLosses } from "./preference/losses.ts";

const grpo = (fields: object) => Object.fromEntries(explainStage(GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, ...fields })));

test("a stage is explained with its numbers", () => {
  expect(grpo({ clip_high: 0.28, group_size: 4, minibatches: 2 })).toEqual({
    minimises: "sum of w l, over the tokens of each update",
    l: "-min(r A, clip(r, 0.8, 1.28) A), r = exp(lp - old)   [grpo: DeepSeekMath (arXiv:2402.03300)]",
    A: "(r - mean of the group) / (sample std of the group + 0.0001)   [group_mean: GRPO (arXiv:2402.03300); without a deviation Dr. GRPO (arXiv:2503.20783)]",
    w: "1 / tokens of the update   [token_mean]",
    old: "logprobs of the sampler",
    masked: "completions that could not be scored",
    groups: "16 of 4 completions a step, 2 updates",
    "no signal":
      "A = 0; r > 1 + clip_high with A > 0; r < 1 - clip_low, or r > delta, with A < 0; A = 0 where the rewards of the group are equal",
  });
});

test("every other choice is said where it is made", () => {
  const lines = grpo({
    kl_coef: 0.04,
    kl_limit: 10,
    kl_target: 0.1,
    entropy_coef: 0.01,
    top_entropy: 0.2,
    off_policy_threshold: 0.5,
    old_logprobs: "recomputed",
    correction: "truncate",
    reject: [{ rule: "seq_mean_k1", upper: 2 }],
    mask_truncated: true,
    aggregation: "dr_grpo",
    filter: { low: 0.1, exhausted: "smaller" },
  });
  expect(lines.minimises).toBe("sum of w l + 0.04 sum of v KL - c sum of u H, over the tokens of each update");
  expect(lines.w).toContain("1 / (completions * 64) * importance weight * 1 for the 20 % of the tokens with the highest entropy, else 0");
  expect(lines.KL).toContain("exp(u) - u - 1, u within +-20 and the estimate within +-10");
  expect(lines["KL steered"]).toContain("to a mean of 0.1");
  expect(lines.H).toContain("c = 0.01");
  expect(lines.old).toContain("exp(old - sampler), within 0 and 2");
  expect(lines.masked).toContain("reached the token limit; seq_mean_k1 of old against sampler outside of 0.5 and 2");
  expect(lines.groups).toContain("only where reward differs and mean reward > 0.1, of up to 10 rounds, else smaller");
});

test("replayed groups are said with the others", () => {
  expect(grpo({ replay: { steps: 3, groups: 2 } }).groups).toBe(
    "16 of 8 completions a step, with up to 2 of the last 3 steps whose rewards have a std > 0, 1 updates",
  );
});

test("a sampler that is behind is said where the old policy is", () => {
  expect(grpo({ staleness: 1 }).old).toBe("logprobs of the sampler, which is 1 step behind");
  const recomputed = { staleness: 2, old_logprobs: "recomputed" };
  const base = "logprobs of the trainer before the first update of the step";
  expect(grpo(recomputed).old).toBe(`${base}; nothing corrects for the sampler, which is 2 steps behind`);
  expect(grpo({ ...recomputed, correction: "mask" }).old).toBe(
    `${base}; importance weight exp(old - sampler), 0 outside of 0 and 2, for the sampler, which is 2 steps behind`,
  );
});

test("every loss and advantage has a formula, and none a missing number", () => {
  const all = [...policyLosses.names.map((loss) => grpo({ loss }).l!), ...advantages.names.map((advantage) => grpo({ advantage }).A!)];
  for (const line of all) expect(line).not.toMatch(/undefined|NaN|object/);
});

test("a stage of preferences has the formula of each of its losses", () => {
  const losses = preferenceLosses.names.map((name) => ({ name }));
  const stage = DpoStage.parse({ name: "dpo", kind: "dpo", steps: 1, losses, label_smoothing: 0.1 });
  const lines = Object.fromEntries(explainStage(stage));
  for (const { name } of losses) expect(lines[name]).not.toMatch(/undefined|NaN|object/);
  expect(lines.sigmoid).toBe("-log sig(0.1 D)");
  expect(lines.robust).toBe("(-0.9 log sig(0.1 D) + 0.1 log sig(-0.1 D)) / 0.8");
});

test("a stage with a critic says what advantages and returns are", () => {
  const lines = Object.fromEntries(explainStage(PpoStage.parse({ name: "ppo", kind: "ppo", steps: 1, gamma: 0.9, epochs: 2 })));
  expect(lines).toMatchObject({
    minimises: "the mean over the tokens of each update of l + 0.1 v",
    l: "-min(r A, clip(r, 0.8, 1.2) A), r = exp(lp - old)",
    v: "1/2 max((V - R)^2, (V_old + clip(V - V_old, -0.2, 0.2) - R)^2), V: the critic's value of the state before the token",
    A: "sum over k of (0.9 * 0.95)^k d(t + k), d(t) = p(t) + 0.9 V(t + 1) - V(t), whitened over the batch's tokens",
    completions: "64 a step, 2 updates",
  });
});

test("a supervised stage says what it learns, and how it is added up", () => {
  const stage = SftStage.parse({ name: "warm", kind: "sft", steps: 1, loss: "dft", aggregation: "sequence", train_on: "assistant" });
  expect(explainStage(stage)).toEqual([
    ["minimises", "the mean over the answers' tokens of each example, and over examples, of -sg(exp(lp)) lp"],
  ]);
});

test("a supervised stage has its weights", () => {
  const stage = SftStage.parse({ name: "warm", kind: "sft", steps: 1, emphasis: [{ pattern: "\\d", weight: 5 }] });
  expect(explainStage(stage)).toEqual([
    ["minimises", "the mean over the response tokens of the batch of -lp, each weighted"],
    ["weight", "5 for tokens of /\\d/, 1 for others"],
  ]);
});
