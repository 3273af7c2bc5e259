import { formula } from "../rewards/algebra/formula.ts";
import type { RewardSpec } from "../rewards/options.ts";
import { advantages } from "./advantages/index.ts";
import { aggregations } from "./aggregation/index.ts";
import { klEstimators } from "./kl/estimators.ts";
import { policyLosses } from "./losses/index.ts";
import { hasEntropyBonus, hasKlTerm } from "./losses/spec.ts";
import type { GrpoStage, SftStage, Stage } from "./options.ts";
import { explainPpo } from "./ppo/explain.ts";
import { explainDpo } from "./preference/explain.ts";
import { isRewarded, ownRewards } from "./stage-rewards.ts";

/** One line of an explanation: what it is about, and what it says. */
export type Line = [about: string, says: string];

/** A number that arithmetic on decimals may have left a tail on. */
const tidy = (text: string): string => text.replace(/\d+\.\d{12,}/g, (digits) => String(Number(Number(digits).toPrecision(10))));

/** What a stage minimises, with its numbers, and what it scores by: its own rewards, or the recipe's. */
export function explainStage(stage: Stage, recipeRewards: readonly RewardSpec[] = []): Line[] {
  const lines = linesOf(stage);
  const rewards = ownRewards(stage) ?? recipeRewards;
  if (isRewarded(stage) && rewards.length > 0) lines.push(...rewardLines(rewards));
  return lines.map(([about, says]) => [about, tidy(says)]);
}

function linesOf(stage: Stage): Line[] {
  switch (stage.kind) {
    case "sft":
      return sft(stage);
    case "grpo":
      return grpo(stage);
    case "dpo":
      return explainDpo(stage);
    case "ppo":
      return explainPpo(stage);
  }
}

function rewardLines(rewards: readonly RewardSpec[]): Line[] {
  const [sum = "", ...below] = formula(rewards).split("\n");
  return [["reward", sum.replace(/^reward = /, "")], ...below.map((line): Line => ["", line.trim()])];
}

const LEARNED = { completion: "response", assistant: "answers'", all: "prompt's and answers'" };

function sft({ emphasis, loss, aggregation, train_on }: SftStage): Line[] {
  const term = loss === "dft" ? "-sg(exp(lp)) lp" : "-lp";
  const over = `the ${LEARNED[train_on]} tokens of ${aggregation === "token" ? "the batch" : "each example, and over examples,"}`;
  return [
    ["minimises", `the mean over ${over} of ${term}${emphasis.length === 0 ? "" : ", each weighted"}`],
    ...emphasis.map(({ pattern, weight }): Line => ["weight", `${weight} for tokens of /${pattern}/, 1 for others`]),
  ];
}

function grpo(stage: GrpoStage): Line[] {
  const loss = policyLosses.get(stage.loss);
  const advantage = advantages.get(stage.advantage);
  const terms = ["sum of w l"];
  if (hasKlTerm(stage)) terms.push(`+ ${stage.kl_coef} sum of v KL`);
  if (hasEntropyBonus(stage)) terms.push("- c sum of u H");
  return [
    ["minimises", `${terms.join(" ")}, over the tokens of each update`],
    ["l", `${loss.formula(stage)}   [${loss.name}: ${loss.source}]`],
    ["A", `${advantage.formula(stage)}   [${advantage.name}: ${advantage.source}]`],
    ["w", weights(stage)],
    ...klLines(stage),
    ...entropyLines(stage),
    ["old", oldPolicy(stage)],
    ["masked", masked(stage).join("; ")],
    ["groups", groups(stage)],
    ["no signal", `${loss.silent}; A = 0 where ${advantage.silent}`],
  ];
}

function weights(stage: GrpoStage): string {
  const { formula, name } = aggregations.get(stage.aggregation);
  const factors = [formula.replace("aggregation_length", String(stage.aggregation_length ?? stage.sampling.max_new_tokens))];
  if (stage.correction !== "none" && !policyLosses.get(stage.loss).ownCorrection) factors.push("importance weight");
  if (stage.top_entropy < 1) factors.push(`1 for the ${100 * stage.top_entropy} % of the tokens with the highest entropy, else 0`);
  if (stage.off_policy_threshold !== null) {
    factors.push(`0 where A < 0 and the completion's mean of sampler - lp > ${stage.off_policy_threshold}, else 1`);
  }
  const left = name.startsWith("sequence") && !stage.count_masked ? ", completions that are masked whole not counted" : "";
  return `${factors.join(" * ")}${left}   [${name}]`;
}

function klLines(stage: GrpoStage): Line[] {
  const { kl_coef, kl_in, kl_estimator, kl_limit, kl_bias_correction, kl_target, kl_horizon, reference } = stage;
  if (kl_coef === 0) return [];
  const bounded = kl_limit === null ? "" : `, u within +-20 and the estimate within +-${kl_limit}`;
  const corrected = kl_bias_correction ? ", times r" : "";
  const from = reference === "base" ? "the model without its adapter" : "the policy at the start of the stage";
  const where = kl_in === "loss" ? "v = the aggregation's weight" : `in the reward: r - ${kl_coef} KL of the old policy`;
  const out: Line[] = [
    ["KL", `${klEstimators.get(kl_estimator).formula}${bounded}${corrected}, u = ref - lp, ref: ${from}; ${where}   [${kl_estimator}]`],
  ];
  if (kl_target !== null) out.push(["KL steered", `to a mean of ${kl_target} by up to 20 % in ${kl_horizon} rollouts, from ${kl_coef}`]);
  return out;
}

function entropyLines(stage: GrpoStage): Line[] {
  if (!hasEntropyBonus(stage)) return [];
  const { entropy_coef, entropy_target, entropy_step, entropy_aggregation } = stage;
  const weight = entropy_aggregation === "loss" ? "u = the aggregation's weight" : "u = 1 / the tokens it is taken over";
  if (entropy_target === null) return [["H", `entropy of the token's distribution, nats; c = ${entropy_coef}, ${weight}`]];
  return [
    [
      "H",
      `entropy of the token's distribution, nats; ${weight}; c from ${entropy_coef} by ${entropy_step} up at ${entropy_target} or below, down and not applied above`,
    ],
  ];
}

function oldPolicy(stage: GrpoStage): string {
  const { old_logprobs, correction, correction_level, correction_low, correction_high, correction_normalize, staleness } = stage;
  const sampler = staleness === 0 ? "the sampler" : `the sampler, which is ${staleness} ${staleness === 1 ? "step" : "steps"} behind`;
  if (old_logprobs === "sampled") return `logprobs of ${sampler}`;
  const base = "logprobs of the trainer before the first update of the step";
  if (correction === "none") return staleness === 0 ? base : `${base}; nothing corrects for ${sampler}`;
  const [low, high] = [correction_low ?? 0, correction_high];
  const ratio = { token: "exp(old - sampler)", sequence: "exp(sum of old - sampler)", sequence_mean: "exp(mean of old - sampler)" }[
    correction_level
  ];
  const bound = correction === "truncate" ? `within ${low} and ${high}` : `0 outside of ${low} and ${high}`;
  const long = correction_level === "sequence" ? "; a product over the completion: long ones rarely stay within bounds" : "";
  return `${base}; importance weight ${ratio}, ${bound}${correction_normalize ? ", over its mean" : ""}${staleness === 0 ? "" : `, for ${sampler}`}${long}`;
}

function masked({ mask_truncated, compare_truncated, reject }: GrpoStage): string[] {
  const out = ["completions that could not be scored"];
  if (mask_truncated) out.push("completions that reached the token limit");
  if (!compare_truncated) out.push("(completions that reached the token limit are not compared with)");
  for (const { rule, lower, upper } of reject) {
    const bounds = rule.endsWith("k1") ? `outside of ${lower ?? 1 / upper} and ${upper}` : `above ${upper}`;
    out.push(`${rule} of old against sampler ${bounds}`);
  }
  return out;
}

function groups({ groups_per_step, group_size, minibatches, epochs, filter, replay }: GrpoStage): string {
  const again =
    replay === null ? "" : `, with up to ${replay.groups} of the last ${replay.steps} steps whose rewards have a std > ${replay.min_std}`;
  const size = `${groups_per_step} of ${group_size} completions a step${again}, ${minibatches * epochs} updates`;
  if (filter === null) return size;
  const { on, differ, low, high, max_rounds, exhausted } = filter;
  const wanted = [
    differ ? `${on} differs` : null,
    low === null ? null : `mean ${on} > ${low}`,
    high === null ? null : `mean ${on} < ${high}`,
  ].filter((one) => one !== null);
  return `${size}; only where ${wanted.join(" and ") || `${on} is known`}, of up to ${max_rounds} rounds, else ${exhausted}`;
}
