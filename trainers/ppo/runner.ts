import { join } from "node:path";
import { RecipeError } from "../../core/errors.ts";
import { deriveSeed } from "../../core/random.ts";
import type { LossSpec } from "../../engines/engine.ts";
import { RolloutFile } from "../../rollouts/arrow.ts";
import { withAdvantages } from "../../rollouts/schema.ts";
import { mean } from "../advantages/define.ts";
import { rolloutMetrics } from "../grpo-metrics.ts";
import { LossFields } from "../losses/options.ts";
import type { PpoOptions } from "../losses/ppo.ts";
import { skippedUpdate } from "../not-finite.ts";
import { dropReference, keepReference } from "../reference.ts";
import { type StageContext, type StageRunner, updatesPerStep } from "../runner.ts";
import { scheduledStep } from "../schedule.ts";
import { type LearnedRollout, learnedRollouts, type Sampled, updateRows } from "./learn.ts";
import { criticMetrics, UpdateSums } from "./metrics.ts";
import type { PpoStage } from "./options.ts";
import { type ScoredRollout, sampleRollouts } from "./sample.ts";

/** What the engine is told of the stage's loss. */
export function ppoOptions({ clip_low, clip_high, critic }: PpoStage): LossSpec["options"] {
  const terms = { kl_estimator: null, kl_limit: null, kl_bias_correction: false, entropy_bonus: false };
  const options: PpoOptions = { ...LossFields.parse({ clip_low, clip_high }), ...terms, value_clip: critic.clip };
  return { ...options };
}

/**
 * Proximal policy optimisation: sample a completion of each prompt, score it, hold every token against what a critic expected of it, and push
 * the policy towards what did better and the critic towards what came. Source: PPO (arXiv:1707.06347), for language models InstructGPT
 * (arXiv:2203.02155).
 */
export function ppoRunner(context: StageContext, stage: PpoStage): StageRunner {
  const { crew, seed, rolloutsFolder, warn } = context;
  const { engine } = crew;
  const { batch_size, minibatches, optimizer, sampling, steps, kl_coef, critic } = stage;
  const updates = updatesPerStep(stage);
  const temperature = sampling.temperature === 0 ? 1 : sampling.temperature;
  const loss = { name: "ppo", options: ppoOptions(stage), temperature };

  function asSampled({ rollout, prompt }: ScoredRollout): Sampled {
    const { tokens, roles, reward, logprobs, exampleId } = rollout;
    const mask = Float32Array.from(roles, (role) => (role === "policy" && reward !== null ? 1 : 0));
    const row = { prompt, completions: [{ tokens, fields: {} }], noise_seed: deriveSeed(seed, "dropout", exampleId) };
    return { row, id: exampleId, mask, oldLogprobs: logprobs, reward };
  }

  async function write(scored: readonly ScoredRollout[], learned: readonly LearnedRollout[], step: number): Promise<void> {
    if (rolloutsFolder === null) return;
    const file = await RolloutFile.open(join(rolloutsFolder, `${context.stage}-step-${String(step + 1).padStart(6, "0")}.arrow`));
    for (const [i, { batch }] of scored.entries()) file.write(await withAdvantages(batch, [mean(learned[i]!.advantages)]));
    await file.close();
  }

  /** Takes the step's optimizer steps and says how they went; nothing where nothing could be learned. */
  async function update(learned: readonly LearnedRollout[], step: number): Promise<Record<string, number>> {
    const size = Math.ceil(learned.length / minibatches);
    const sums = new UpdateSums();
    const total = { loss: 0, grad_norm: 0, learning_rate: 0 };
    let taken = 0;
    for (let pass = 0; pass < updates; pass++) {
      const start = (pass % minibatches) * size;
      const part = learned.slice(start, start + size);
      if (part.every(({ mask }) => mask.every((one) => one === 0))) {
        // an update by a gradient of zeros would still move weights, by momentum and decay
        warn(`step ${step + 1}: none of ${part.length} rollouts could be scored, nothing is learned from them`);
        continue;
      }
      const rows = updateRows(part, critic.coef);
      const spec: LossSpec = { ...loss, noise_seed: deriveSeed(seed, "dropout", context.stage, step * updates + pass) };
      const micro = stage.micro_batch_size ?? rows.length;
      for (let i = 0; i < rows.length; i += micro) {
        const result = await engine.forwardBackward(rows.slice(i, i + micro), spec);
        total.loss += result.loss;
        sums.add(part.slice(i, i + micro), result);
      }
      const scheduled = scheduledStep(step * updates + pass, steps * updates, optimizer);
      const { gradNorm, skipped } = await engine.optimStep(scheduled);
      if (skipped) warn(`step ${step + 1}: ${await skippedUpdate(engine, rows, spec, (row) => part[row]!.id)}`);
      total.grad_norm += gradNorm;
      total.learning_rate = scheduled.lr;
      taken++;
    }
    if (taken === 0) return {};
    const { learning_rate } = total;
    return { loss: total.loss / taken, grad_norm: total.grad_norm / taken, learning_rate, ...sums.means() };
  }

  return {
    examplesPerStep: batch_size,
    begin: async () => {
      refuseRepeats(batch_size, crew.train.size, context.stage);
      if (kl_coef > 0) await keepReference(engine, stage.reference, context.stage);
    },
    end: () => dropReference(engine),
    async step(step) {
      const started = performance.now();
      const scored = await sampleRollouts(context, stage, step);
      const sampledAt = performance.now();
      const learned = await learnedRollouts(engine, scored.map(asSampled), stage, temperature);
      await write(scored, learned, step);
      const trained = await update(learned, step);
      const tokens = scored.reduce((sum, { prompt, rollout }) => sum + prompt.tokens.length + rollout.tokens.length, 0);
      // a group of one has no spread that could be 0
      const { frac_reward_zero_std: _, ...metrics } = rolloutMetrics([scored.map(({ rollout }) => rollout)], "batch");
      return {
        tokens,
        metrics: {
          ...metrics,
          ...criticMetrics(learned),
          ...trained,
          num_tokens: tokens,
          "time/rollout_s": (sampledAt - started) / 1000,
          "time/train_s": (performance.now() - sampledAt) / 1000,
        },
      };
    },
  };
}

/** A row's completion in a step is the same each time: a batch with a row in it twice would learn twice from one thing. */
function refuseRepeats(batchSize: number, rows: number, stage: string): void {
  if (batchSize <= rows) return;
  throw new RecipeError({
    place: { file: "recipe" },
    field: `stages.${stage}.batch_size`,
    message: `expected no more than the ${rows} rows of data.train, got ${batchSize}`,
    cure: "A step takes a completion of each row at most.",
  });
}
