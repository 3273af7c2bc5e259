import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordBatch } from "apache-arrow";
import { RecipeError } from "../core/errors.ts";
import { deriveSeed } from "../core/random.ts";
import type { Example } from "../core/types.ts";
import type { EncodedPrompt, TrainRow } from "../engines/engine.ts";
import { RolloutFile } from "../rollouts/arrow.ts";
import { collectGroups } from "../rollouts/collect.ts";
import { fromBatch, type StoredRollout, withAdvantages } from "../rollouts/schema.ts";
import { mean } from "./advantages/define.ts";
import { advantages } from "./advantages/index.ts";
import { judgedRollout } from "./credit.ts";
import { rolloutMetrics } from "./grpo-metrics.ts";
import { lossOptions } from "./losses/spec.ts";
import type { GrpoStage } from "./options.ts";
import { type StageContext, type StageRunner, updatesPerStep } from "./runner.ts";
import { engineSampling } from "./sampling.ts";
import { scheduledStep } from "./schedule.ts";

/** Name of the policy that the stage started from, where it is the reference. */
const SNAPSHOT = "reference";

/** A group on its way through a step: its record batch, its view as rollouts, and its prompt. */
interface ScoredGroup {
  batch: RecordBatch;
  rollouts: StoredRollout[];
  prompt: EncodedPrompt;
  /** [G][T] */
  advantages: Float32Array[];
}

/**
 * Group-relative policy optimisation: sample a group of completions of each prompt, score them, take each reward relative to its group,
 * and push the policy towards what did better. Source: DeepSeekMath (arXiv:2402.03300).
 */
export function grpoRunner(context: StageContext, stage: GrpoStage): StageRunner {
  const { crew, seed, firstExample, firstVersion, rolloutsFolder, warn } = context;
  const { engine, processor, environment, scorer, train } = crew;
  const { groups_per_step, group_size, minibatches, optimizer, sampling, steps } = stage;
  const updates = updatesPerStep(stage);
  const lossSpec = {
    name: stage.loss,
    options: lossOptions(stage),
    temperature: sampling.temperature === 0 ? 1 : sampling.temperature,
  };

  async function sampleGroups(step: number): Promise<ScoredGroup[]> {
    const examples: Example[] = [];
    for (let i = 0; i < groups_per_step; i++) {
      examples.push(await train.at(firstExample + step * groups_per_step + i));
      await nextTurn();
    }
    const prompts = new Map<number, EncodedPrompt>();
    const remembering = {
      decode: processor.decode,
      encodePrompt: async (messages: Parameters<typeof processor.encodePrompt>[0]) => {
        const encoded = await processor.encodePrompt(messages);
        prompts.set(prompts.size, encoded.prompt);
        return encoded;
      },
    };
    const groups: ScoredGroup[] = [];
    const stream = collectGroups({
      engine,
      processor: remembering,
      environment,
      scorer,
      examples,
      groupSize: group_size,
      sampling: engineSampling(sampling, processor),
      stopIds: processor.stopIds,
      maxLength: crew.maxLength,
      seed,
      policyVersion: firstVersion + step * updates,
      stage: context.stage,
      step: step + 1,
      onCompletion: context.onSampled,
    });
    for await (const batch of stream) {
      const rollouts = fromBatch(batch);
      const { group } = rollouts[0]!;
      groups[group] = { batch, rollouts, prompt: prompts.get(group)!, advantages: [] };
    }
    return groups;
  }

  /** Advantages into the rollouts and, with them, to the step's file. */
  async function assignAdvantages(groups: ScoredGroup[], step: number): Promise<void> {
    const pieces = processor.tokenPieces();
    const estimate = advantages.get(stage.advantage).estimate(
      groups.map(({ rollouts }) => rollouts.map((rollout) => judgedRollout(rollout, pieces, scorer.counted))),
      stage,
    );
    groups.forEach((group, g) => {
      group.advantages = estimate[g]!;
    });
    if (rolloutsFolder === null) return;
    const file = await RolloutFile.open(join(rolloutsFolder, `${context.stage}-step-${String(step + 1).padStart(6, "0")}.arrow`));
    for (const [g, { batch }] of groups.entries()) file.write(await withAdvantages(batch, estimate[g]!.map(mean)));
    await file.close();
  }

  /** Training rows of groups; `reference` holds the reference policy's logprobs where a KL penalty asks for them. */
  function trainRows(groups: ScoredGroup[], reference: Float32Array[][] | null): TrainRow[] {
    const lengths = groups.flatMap(({ rollouts }) => rollouts.filter(isTrained).map(({ tokens }) => tokens.length));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const weightOf = (rollout: StoredRollout) => {
      if (!isTrained(rollout)) return 0;
      return stage.aggregation === "token" ? 1 / total : 1 / (lengths.length * rollout.tokens.length);
    };
    return groups.map(({ prompt, rollouts, advantages }, g) => ({
      prompt,
      noise_seed: deriveSeed(seed, "dropout", rollouts[0]!.exampleId),
      completions: rollouts.map((rollout, i) => ({
        tokens: rollout.tokens,
        fields: {
          weights: new Float32Array(rollout.tokens.length).fill(weightOf(rollout)),
          mask: new Float32Array(rollout.tokens.length).fill(isTrained(rollout) ? 1 : 0),
          klWeights: new Float32Array(rollout.tokens.length).fill(stage.kl_coef * weightOf(rollout)),
          advantages: advantages[i]!,
          oldLogprobs: rollout.logprobs,
          ...(reference === null ? {} : { refLogprobs: reference[g]![i]! }),
        },
      })),
    }));
  }

  /** Takes the step's optimizer steps and says how they went; nothing where nothing could be learned. */
  async function update(groups: ScoredGroup[], step: number): Promise<Record<string, number>> {
    const sums: Record<string, number> = { entropies: 0, ratio: 0, clip_low: 0, clip_high: 0, kl: 0 };
    const note = (name: string, value: number) => {
      sums[name] = (sums[name] ?? 0) + value;
    };
    const reference = stage.kl_coef > 0 ? await referenceLogprobs(groups) : null;
    const size = Math.ceil(groups.length / minibatches);
    /** of the rollouts that are learned from, over all passes: what the loss's metrics are sums over */
    let tokens = 0;
    for (let pass = 0; pass < updates; pass++) {
      const start = (pass % minibatches) * size;
      const part = groups.slice(start, start + size);
      if (!part.some(({ rollouts }) => rollouts.some(isTrained))) {
        // an update by a gradient of zeros would still move weights, by momentum and decay
        warn(`step ${step + 1}: none of ${part.length * group_size} rollouts could be scored, nothing is learned from them`);
        continue;
      }
      tokens += part.flatMap(({ rollouts }) => rollouts.filter(isTrained)).reduce((sum, rollout) => sum + rollout.tokens.length, 0);
      const rows = trainRows(part, reference?.slice(start, start + size) ?? null);
      const micro = stage.micro_batch_groups ?? rows.length;
      for (let i = 0; i < rows.length; i += micro) {
        const noise_seed = deriveSeed(seed, "dropout", context.stage, step * updates + pass);
        const result = await engine.forwardBackward(rows.slice(i, i + micro), { ...lossSpec, noise_seed });
        note("loss", result.loss / updates);
        rows.slice(i, i + micro).forEach(({ completions }, r) => {
          completions.forEach(({ fields }, m) => {
            const tokensOf = (name: string) => result.perToken[name]?.[r]?.[m];
            fields.mask!.forEach((mask, t) => {
              if (mask === 0) return;
              note("ratio", Math.exp(tokensOf("logprobs")![t]! - fields.oldLogprobs![t]!));
              for (const name of ["entropies", "clip_low", "clip_high", "kl"]) note(name, tokensOf(name)?.[t] ?? 0);
            });
          });
        });
      }
      const scheduled = scheduledStep(step * updates + pass, steps * updates, optimizer);
      const { gradNorm, skipped } = await engine.optimStep(scheduled);
      if (skipped) warn(`step ${step + 1}: the gradient is not finite, the update was skipped; its rollouts are in the step's file`);
      note("grad_norm", gradNorm / updates);
      sums.learning_rate = scheduled.lr;
    }
    if (tokens === 0) return {};
    const perToken = (name: string) => (sums[name] ?? 0) / tokens;
    return {
      loss: sums.loss!,
      grad_norm: sums.grad_norm!,
      learning_rate: sums.learning_rate!,
      entropy: perToken("entropies"),
      ratio: perToken("ratio"),
      "clip_ratio/low_mean": perToken("clip_low"),
      "clip_ratio/high_mean": perToken("clip_high"),
      ...(stage.kl_coef > 0 ? { kl: perToken("kl") } : {}),
    };
  }

  async function referenceLogprobs(groups: ScoredGroup[]): Promise<Float32Array[][]> {
    const policy = stage.reference === "base" ? "base" : SNAPSHOT;
    const result = await engine.logprobs(trainRows(groups, null), { temperature: lossSpec.temperature, policy });
    return result.logprobs;
  }

  return {
    examplesPerStep: groups_per_step,
    begin: async () => {
      if (stage.reference === "base" && (await engine.info()).adapters === 0) {
        throw new RecipeError({
          place: { file: "recipe" },
          field: `stages.${context.stage}.reference`,
          message: "the policy has no adapter that could be left off",
          cure: "Use reference: start, or train an adapter: model.lora.",
        });
      }
      if (stage.kl_coef > 0 && stage.reference === "start") await engine.snapshot(SNAPSHOT);
    },
    end: async () => {
      await engine.dropSnapshot(SNAPSHOT);
    },
    async step(step) {
      const started = performance.now();
      const groups = await sampleGroups(step);
      await assignAdvantages(groups, step);
      const sampled = performance.now();
      const trained = await update(groups, step);
      const rollouts = groups.flatMap((group) => group.rollouts);
      const promptTokens = groups.reduce((sum, { prompt }) => sum + prompt.tokens.length, 0);
      const tokens = promptTokens + rollouts.reduce((sum, rollout) => sum + rollout.tokens.length, 0);
      return {
        tokens,
        metrics: {
          ...rolloutMetrics(groups.map((group) => group.rollouts)),
          ...trained,
          num_tokens: tokens,
          "time/rollout_s": (sampled - started) / 1000,
          "time/train_s": (performance.now() - sampled) / 1000,
        },
      };
    },
  };
}

/** A rollout that could not be scored is recorded, but nothing is learned from it. */
function isTrained({ reward }: StoredRollout): boolean {
  return reward !== null;
}
