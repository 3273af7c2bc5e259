import { join } from "node:path";
import { deriveSeed } from "../core/random.ts";
import { RolloutFile } from "../rollouts/arrow.ts";
import { withAdvantages } from "../rollouts/schema.ts";
import { mean } from "./advantages/define.ts";
import { advantages } from "./advantages/index.ts";
import { afterStep, afterUpdate, appliedEntropy, type Controlled, initialControl } from "./controllers.ts";
import { judgedRollout } from "./credit.ts";
import { assertOnPolicy, mismatchOf } from "./grpo-check.ts";
import { klInReward, klPenalties, learnedGroups, lookUpPolicies } from "./grpo-learned.ts";
import { entropyBonus, normalisedOver, rolloutMetrics, updateMetrics } from "./grpo-metrics.ts";
import { examplesPerStep } from "./grpo-sample.ts";
import { type LearnedGroup, type LearnedSequence, takeGradient } from "./grpo-update.ts";
import { hasEntropyBonus } from "./losses/spec.ts";
import { skippedUpdate } from "./not-finite.ts";
import type { GrpoStage } from "./options.ts";
import { ReplayedGroups } from "./replay.ts";
import { type StageContext, type StageRunner, updatesPerStep } from "./runner.ts";
import { SampledAhead } from "./sample-ahead.ts";
import type { ScoredGroup } from "./sample-groups.ts";
import { scheduledStep } from "./schedule.ts";

/** Name of the policy that the stage started from, where it is the reference. */
const SNAPSHOT = "reference";

/**
 * Group-relative policy optimisation: sample a group of completions of each prompt, score them, take each reward relative to its group,
 * and push the policy towards what did better. Source: DeepSeekMath (arXiv:2402.03300).
 */
export function grpoRunner(context: StageContext, stage: GrpoStage): StageRunner {
  const { crew, seed, rolloutsFolder, warn } = context;
  const { engine, processor } = crew;
  const { minibatches, optimizer, steps } = stage;
  const updates = updatesPerStep(stage);
  const ahead = new SampledAhead(context, stage);
  const replay = new ReplayedGroups(context, stage);
  let control = (context.state as Controlled | null) ?? initialControl(stage);

  /** Advantages into the rollouts that are learned from and, with them, those of the first `fresh` groups to the step's file. */
  async function assignAdvantages(groups: ScoredGroup[], learned: LearnedGroup[], step: number, fresh: number): Promise<void> {
    const pieces = processor.tokenPieces();
    const penalties = klPenalties(learned, stage, control.kl);
    const judged = groups.map(({ rollouts }, g) =>
      rollouts.map((rollout, i) => ({
        ...judgedRollout(rollout, pieces, crew.rewardWeights),
        tokenRewards: penalties?.[g]?.[i] ?? null,
        compared: stage.compare_truncated || rollout.finish !== "length",
      })),
    );
    const estimate = advantages.get(stage.advantage).estimate(judged, stage);
    learned.forEach(({ rollouts }, g) => {
      rollouts.forEach((rollout, i) => {
        rollout.advantages = estimate[g]![i]!;
      });
    });
    if (rolloutsFolder === null || fresh === 0) return;
    const file = await RolloutFile.open(join(rolloutsFolder, `${context.stage}-step-${String(step + 1).padStart(6, "0")}.arrow`));
    for (const [g, { batch }] of groups.slice(0, fresh).entries()) file.write(await withAdvantages(batch, estimate[g]!.map(mean)));
    await file.close();
  }

  /**
   * Takes the step's optimizer steps and says how they went; nothing where nothing could be learned. Every update takes its share
   * of the first `fresh` groups and of the replayed ones behind them. `behind`: of each rollout, the optimizer steps since it was sampled.
   */
  async function update(groups: LearnedGroup[], step: number, fresh: number, behind: number[]): Promise<Record<string, number>> {
    const size = Math.ceil(fresh / minibatches);
    const again = groups.slice(fresh);
    const sizeAgain = Math.ceil(again.length / minibatches);
    const learned: LearnedSequence[] = [];
    const sums = { loss: 0, bonus: 0, grad_norm: 0, learning_rate: 0 };
    let mismatch: Record<string, number> = {};
    for (let pass = 0; pass < updates; pass++) {
      const index = pass % minibatches;
      const start = index * size;
      const own = groups.slice(start, Math.min(start + size, fresh));
      const part = [...own, ...again.slice(index * sizeAgain, (index + 1) * sizeAgain)];
      if (part.length === 0) continue;
      /** whether the policy is still the one that the step began with */
      const first = learned.length === 0;
      const coefficients = { kl: control.kl, entropy: appliedEntropy(control, stage) };
      const noise = deriveSeed(seed, "dropout", context.stage, step * updates + pass);
      const policyIsOld = first && (stage.old_logprobs === "recomputed" || behind.every((steps) => steps === 0));
      const taken = await takeGradient(part, { engine, stage, coefficients, seed: noise, policyIsOld });
      if (taken === null) {
        const rollouts = part.reduce((count, group) => count + group.rollouts.length, 0);
        warn(`step ${step + 1}: none of ${rollouts} rollouts enters the loss, nothing is learned from them`);
        continue;
      }
      if (first) {
        mismatch = mismatchOf(groups, taken.sequences, stage);
        assertOnPolicy(taken.sequences, stage, context, step, behind);
      }
      const scheduled = scheduledStep(step * updates + pass, steps * updates, optimizer);
      const { gradNorm, skipped } = await engine.optimStep(scheduled);
      if (skipped) {
        const nameOf = (row: number, member: number) =>
          row < own.length
            ? `group ${start + row} member ${member}`
            : `replayed group ${index * sizeAgain + row - own.length} member ${member}`;
        warn(`step ${step + 1}: ${await skippedUpdate(engine, taken.rows, taken.spec, nameOf)}; its rollouts are in the step's file`);
      }
      control = afterUpdate(control, updateMetrics(taken.sequences, stage).entropy!, stage);
      learned.push(...taken.sequences);
      sums.loss += taken.loss / updates;
      sums.bonus += entropyBonus(taken.sequences) / updates;
      sums.grad_norm += gradNorm / updates;
      sums.learning_rate = scheduled.lr;
    }
    if (learned.length === 0) return {};
    const { loss, bonus, grad_norm, learning_rate } = sums;
    const steered: Record<string, number> = hasEntropyBonus(stage) ? { policy_loss: loss + bonus, entropy_coef: control.entropy } : {};
    return { loss, grad_norm, learning_rate, ...updateMetrics(learned, stage), ...mismatch, ...steered };
  }

  return {
    examplesPerStep: examplesPerStep(stage),
    begin: async () => {
      if (stage.kl_coef > 0 && stage.reference === "start") await engine.snapshot(SNAPSHOT);
    },
    end: async () => {
      await engine.dropSnapshot(SNAPSHOT);
    },
    state: () => ({ ...control }),
    async save(folder, step) {
      await ahead.save(folder, step);
      await replay.save(folder);
    },
    async load(folder) {
      await ahead.load(folder);
      await replay.load(folder);
    },
    async step(step) {
      const started = performance.now();
      const { groups, sampled } = await ahead.of(step);
      const replayed = replay.draw(step);
      const all = [...groups, ...replayed];
      /** what is trained on: those of the step first */
      const rollouts = all.flatMap((group) => group.rollouts);
      const sampledAt = performance.now();
      const learned = learnedGroups(all, stage, seed);
      await lookUpPolicies(engine, learned, stage, SNAPSHOT);
      await assignAdvantages(all, learned, step, groups.length);
      const version = context.firstVersion + step * updates;
      const behind = rollouts.map(({ policyVersion }) => version - policyVersion);
      const trained = await update(learned, step, groups.length, behind);
      replay.keep(step, groups);
      const kl = trained.kl ?? klInReward(learned, stage);
      if (kl !== undefined) control = afterStep(control, kl, rollouts.length, stage);
      const promptTokens = all.reduce((sum, { prompt }) => sum + prompt.tokens.length, 0);
      const tokens = promptTokens + rollouts.reduce((sum, rollout) => sum + rollout.tokens.length, 0);
      return {
        tokens,
        metrics: {
          ...(groups.length === 0
            ? {}
            : rolloutMetrics(
                groups.map((group) => group.rollouts),
                normalisedOver(stage),
              )),
          ...trained,
          ...(kl === undefined ? {} : { kl }),
          ...(stage.kl_target === null ? {} : { kl_coef: control.kl }),
          ...(stage.filter === null ? {} : { "filter/sampled_groups": sampled, "filter/kept_groups": groups.length }),
          ...((stage.staleness === 0 && stage.replay === null) || behind.length === 0 ? {} : { "policy/staleness": mean(behind) }),
          ...(stage.replay === null ? {} : { "replay/groups": replayed.length }),
          num_tokens: tokens,
          "time/rollout_s": (sampledAt - started) / 1000,
          "time/train_s": (performance.now() - sampledAt) / 1000,
        },
      };
    },
  };
}
