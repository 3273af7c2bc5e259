import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { constant, input, mul, sum } from "../../engines/graph/build.ts";
import { runReference } from "../../engines/reference/run.ts";
import type { Judged } from "../../trainers/advantages/define.ts";
import { gae } from "../../trainers/advantages/gae.ts";
import { advantages } from "../../trainers/advantages/index.ts";
import { whiten } from "../../trainers/advantages/whiten.ts";
import { aggregationWeights } from "../../trainers/aggregation/weights.ts";
import { mismatchMetrics } from "../../trainers/corrections/mismatch.ts";
import { entropyBonus, updateMetrics } from "../../trainers/grpo-metrics.ts";
import { type LearnedGroup, takeGradient } from "../../trainers/grpo-update.ts";
import { losses } from "../../trainers/losses/index.ts";
import { withTerms } from "../../trainers/losses/policy.ts";
import { valueLoss } from "../../trainers/losses/value.ts";
import { vespoLoss } from "../../trainers/losses/vespo.ts";
import type { GrpoStage } from "../../trainers/options.ts";
import { judged } from "../judged.ts";
import { TableEngine } from "../table-engine.ts";
import { Comparison, type Section } from "./comparison.ts";
import { aggregationName, stageOf } from "./loss-options.ts";
import { LossGolden } from "./losses-schema.ts";

type Executor = "reference" | "onnx";
/** float64 with float32 fields, and float32 throughout */
const TOLERANCE: Record<Executor, number> = { reference: 1e-6, onnx: 1e-5 };

/** Checks every case of a losses' golden.json through the code that a training step runs. */
export async function checkLosses(folder: string): Promise<Section[]> {
  const golden = LossGolden.parse(JSON.parse(await readFile(join(folder, "golden.json"), "utf8")));
  const sections = [...advantageCases(golden)];
  for (const executor of ["reference", "onnx"] as const) {
    sections.push(...(await lossCases(golden, executor)), ...(await klCases(golden, executor)));
  }
  return [...sections, offPolicy(golden), valueCase(golden)];
}

/**
 * The table of losses, but for VESPO, whose gradient in the golden file was taken through its weight: the function was lifted from TRL without
 * the `no_grad` that stands on it there. So the values are checked as they are, the gradient with a weight that moves; that ours is held still is a
 * unit test's to say.
 */
const goldenLosses = { get: (name: string) => (name === "vespo" ? withTerms(vespoLoss((phi) => phi)) : losses.get(name)) };

const floats = (values: readonly number[]) => Float32Array.from(values);

function advantageCases({ inputs, advantages: cases }: LossGolden): Section[] {
  return cases.map(({ name, options, level, values }) => {
    const comparison = new Comparison(`advantage: ${name}`);
    const stage = stageOf(options);
    const groups: Judged[][] = [];
    inputs.groups.forEach((group, i) => {
      const { length } = inputs.logprobs[i]!;
      const two = options.rewards === "two_rewards";
      const parts = two
        ? inputs.two_rewards[i]!.map((score, k) => ({ name: `r${k}`, weight: inputs.two_reward_weights[k]!, score }))
        : [{ name: "r0", weight: 1, score: inputs.rewards[i]! }];
      const known = parts.filter(({ score }) => score !== null);
      const reward = known.length === 0 ? null : known.reduce((sum, { weight, score }) => sum + weight * score!, 0);
      groups[group] = [...(groups[group] ?? []), judged(reward, { tokens: length, parts })];
    });
    const found =
      stage.advantage === "gae" ? gaeCase(inputs, groups.flat(), options) : advantages.get(stage.advantage).estimate(groups, stage).flat();
    values.forEach((expected, i) => {
      if (level === "token") comparison.all(found[i]!, expected as number[], 1e-6);
      else for (const value of found[i]!) comparison.near(value, expected as number, 1e-6);
    });
    return comparison.result;
  });
}

function gaeCase(inputs: LossGolden["inputs"], rollouts: Judged[], options: Record<string, unknown>): Float32Array[] {
  const results = rollouts.map(({ reward, mask }, i) => {
    const rewards = new Float32Array(mask.length);
    rewards[mask.length - 1] = reward!;
    return gae({ rewards, values: floats(inputs.values[i]!), mask }, { gamma: Number(options.gamma), lambda: Number(options.lam) });
  });
  if (options.output === "returns") return results.map(({ returns }) => returns);
  return whiten(
    results.map((result) => result.advantages),
    rollouts.map(({ mask }) => mask),
  );
}

interface Case {
  stage: GrpoStage;
  mask: readonly (readonly number[])[] | null;
  advantages: readonly number[];
  executor: Executor;
}

/** One update on the golden's completions: loss, gradient [S][T] and metrics. */
export async function goldenUpdate(inputs: LossGolden["inputs"], { stage, mask, advantages, executor }: Case) {
  const flat = (rows: readonly (readonly number[])[]) => rows.flat();
  const engine = new TableEngine({ logprobs: flat(inputs.logprobs), entropies: flat(inputs.entropy) }, goldenLosses, {
    executor,
    padding: 3,
  });
  let id = 0;
  const groups: LearnedGroup[] = [];
  inputs.groups.forEach((group, i) => {
    groups[group] ??= { prompt: { tokens: Int32Array.of(0), pixels: null }, noiseSeed: 0, rollouts: [] };
    const tokens = Int32Array.from(inputs.logprobs[i]!, () => id++);
    groups[group].rollouts.push({
      tokens,
      mask: floats(mask?.[i] ?? Array.from(tokens, () => 1)),
      turns: new Float32Array(tokens.length),
      advantages: new Float32Array(tokens.length).fill(advantages[i]!),
      sampled: floats(inputs.sampling_logprobs[i]!),
      old: floats(inputs.old_logprobs[i]!),
      oldEntropies: null,
      reference: floats(inputs.ref_logprobs[i]!),
      counted: true,
    });
  });
  const coefficients = { kl: stage.kl_coef, entropy: stage.entropy_coef };
  const { loss, sequences } = (await takeGradient(groups, { engine, stage, coefficients, seed: 0, policyIsOld: false }))!;
  let next = 0;
  const gradient = inputs.logprobs.map((row) => row.map(() => engine.gradient[next++]!));
  const metrics: Record<string, number> = updateMetrics(sequences, stage);
  Object.assign(metrics, { policy_loss: loss + entropyBonus(sequences), entropy_coef: stage.entropy_coef });
  return { loss, gradient, metrics };
}

/** A metric of TRL or verl under the name that it has here. */
function metricOf(name: string, metrics: Record<string, number>, loss: string): number {
  // verl counts both signs of the advantage apart here
  if (loss === "geo_mean" && name === "actor/pg_clipfrac") return metrics["clip_ratio/high_mean"]!;
  if (loss === "geo_mean" && name === "actor/pg_clipfrac_lower") return metrics["clip_ratio/low_mean"]!;
  if (name === "actor/pg_clipfrac") return metrics["clip_ratio/region_mean"] ?? 0;
  if (name === "actor/pg_clipfrac_lower") return metrics["clip_ratio/delta_mean"] ?? 0;
  if (name === "actor/ppo_kl") return metrics.approx_kl_abs ?? metrics.approx_kl!;
  return metrics[name]!;
}

async function lossCases({ inputs, losses: cases }: LossGolden, executor: Executor): Promise<Section[]> {
  const sections: Section[] = [];
  for (const { name, options, loss, gradient, metrics } of cases) {
    const comparison = new Comparison(`${executor}: ${name}`);
    const stage = stageOf(options, { sampling: { max_new_tokens: inputs.max_completion_length } });
    const mask = (options.mask ?? null) as number[][] | null;
    const advantages = (options.advantages ?? inputs.advantages) as number[];
    for (const micro_batch_groups of [null, 1]) {
      const found = await goldenUpdate(inputs, { stage: { ...stage, micro_batch_groups }, mask, advantages, executor });
      comparison.near(found.loss, loss, TOLERANCE[executor] * Math.max(1, Math.abs(loss)));
      gradient.forEach((row, i) => {
        comparison.all(found.gradient[i]!, row, TOLERANCE[executor]);
      });
      for (const [metric, expected] of Object.entries(metrics)) {
        comparison.near(metricOf(metric, found.metrics, stage.loss), expected, TOLERANCE[executor]);
      }
    }
    sections.push(comparison.result);
  }
  return sections;
}

/** Divergences as the only part of the loss: advantages of 0 leave nothing else. */
async function klCases({ inputs, kl }: LossGolden, executor: Executor): Promise<Section[]> {
  const sections: Section[] = [];
  for (const { name, estimator, loss_agg_mode, value, gradient } of kl) {
    const comparison = new Comparison(`${executor}: ${name}`);
    const stage = stageOf(
      { library: "verl", loss_mode: "vanilla" },
      { kl_coef: 1, kl_estimator: estimator, aggregation: aggregationName(loss_agg_mode) },
    );
    const found = await goldenUpdate(inputs, { stage, mask: null, advantages: inputs.advantages.map(() => 0), executor });
    comparison.near(found.loss, value, TOLERANCE[executor]);
    if (loss_agg_mode === "token-mean") comparison.near(found.metrics.kl!, value, TOLERANCE[executor]);
    gradient?.forEach((row, i) => {
      comparison.all(found.gradient[i]!, row, TOLERANCE[executor]);
    });
    sections.push(comparison.result);
  }
  return sections;
}

function offPolicy({ inputs, off_policy }: LossGolden): Section {
  const comparison = new Comparison("off-policy metrics");
  const found = mismatchMetrics(
    inputs.old_logprobs.map((old, i) => ({
      mask: new Float32Array(old.length).fill(1),
      old: floats(old),
      sampled: floats(inputs.sampling_logprobs[i]!),
    })),
  );
  for (const [name, expected] of Object.entries(off_policy.values)) {
    comparison.near(found[`rollout_corr/${name}`]!, expected, 1e-6 * Math.max(1, Math.abs(expected)));
  }
  return comparison.result;
}

function valueCase({ value_loss: { options, old_values, new_values, returns, loss, clip_fraction } }: LossGolden): Section {
  const comparison = new Comparison("value loss");
  const lengths = old_values.map((row) => row.length);
  const weights = aggregationWeights(lengths, { aggregation: "token_mean", length: 1, count_masked: true });
  const count = old_values.flat().length;
  const names = ["values", "oldValues", "returns"] as const;
  const [values, oldValues, wanted] = names.map((name) => input(name, [count]));
  const term = valueLoss({ values: values!, oldValues: oldValues!, returns: wanted! }, options.cliprange_value);
  const weight = constant(
    lengths.flatMap((length, i) => Array<number>(length).fill(weights[i]!)),
    [count],
  );
  const found = runReference(
    { loss: sum(mul(term.loss, weight)), clipped: sum(mul(term.clipped, weight)) },
    { values: new_values.flat(), oldValues: old_values.flat(), returns: returns.flat() },
  );
  comparison.near(found.loss[0]!, loss, 1e-6);
  comparison.near(found.clipped[0]!, clip_fraction, 1e-6);
  return comparison.result;
}
