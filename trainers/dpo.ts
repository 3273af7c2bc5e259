import { setImmediate as nextTurn } from "node:timers/promises";
import { deriveSeed } from "../core/random.ts";
import type { LogprobResult, LossSpec, TrainRow } from "../engines/engine.ts";
import { mean } from "./advantages/define.ts";
import { Ahead } from "./ahead.ts";
import { skippedUpdate } from "./not-finite.ts";
import { encodePair } from "./pairs.ts";
import { type PairSums, pairLoss } from "./preference/evaluate.ts";
import type { DpoStage } from "./preference/options.ts";
import { dropReference, keepReference, policyOfReference } from "./reference.ts";
import type { StageContext, StageRunner } from "./runner.ts";
import { scheduledStep } from "./schedule.ts";

/** Pairs of a step, each a row of a prompt and its two answers, the chosen one first, and what to call them. */
interface Batch {
  rows: TrainRow[];
  ids: string[];
}

/**
 * Direct preference optimisation and its relatives: the better of two answers is to gain on the worse one, measured from a reference.
 * Source: DPO (arXiv:2305.18290).
 *
 * A loss depends on the answers' whole logprobs alone, so a step takes them first, works out the loss of the batch and its gradient with
 * respect to them, and then hands the engine that gradient as weights of a plain sum. The update is the same in passes of any size.
 */
export function dpoRunner({ crew, seed, stage: name, firstExample, warn }: StageContext, stage: DpoStage): StageRunner {
  const { engine, processor, environment, train, maxLength } = crew;
  const { batch_size, optimizer, steps, beta } = stage;
  const reference = policyOfReference(stage.reference);
  const batches = new Ahead(batch, steps);

  async function batch(step: number): Promise<Batch> {
    const out: Batch = { rows: [], ids: [] };
    for (let i = 0; i < batch_size; i++) {
      const example = await train.at(firstExample + step * batch_size + i);
      const { prompt, chosen, rejected } = await encodePair(processor, environment, stage, example, maxLength);
      const completions = [chosen, rejected].map(({ tokens, mask }) => ({ tokens, fields: { mask } }));
      out.rows.push({ prompt, completions, noise_seed: deriveSeed(seed, "dropout", example.id) });
      out.ids.push(example.id);
      // pictures take a while: the screen, signals and the engine's replies have their turn between them
      await nextTurn();
    }
    return out;
  }

  return {
    examplesPerStep: batch_size,
    begin: () => keepReference(engine, stage.reference, name),
    end: () => dropReference(engine),
    async step(step) {
      const { rows, ids } = await batches.of(step);
      const noise_seed = deriveSeed(seed, "dropout", name, step);
      const working = Promise.all([
        engine.logprobs(rows, { temperature: 1, policy: reference }),
        engine.logprobs(rows, { temperature: 1, policy: "current", noise_seed }),
      ]);
      batches.begin(step);
      const [before, now] = await working;
      const sums = pairSums(rows, now, before);
      const { loss, chosen, rejected } = pairLoss(sums, stage.losses, stage);
      const weighted = rows.map((row, p) => withWeights(row, [chosen[p]!, rejected[p]!]));
      const spec: LossSpec = { name: "cross_entropy", options: {}, temperature: 1, noise_seed };
      const micro = stage.micro_batch_size ?? rows.length;
      for (let i = 0; i < rows.length; i += micro) await engine.forwardBackward(weighted.slice(i, i + micro), spec);
      const scheduled = scheduledStep(step, steps, optimizer);
      const { gradNorm, skipped } = await engine.optimStep(scheduled);
      const nameOf = (row: number, member: number) => `${ids[row]} (${member === 0 ? "chosen" : "rejected"})`;
      if (skipped) warn(`step ${step + 1}: ${await skippedUpdate(engine, weighted, spec, nameOf)}`);
      const tokens = rows.reduce((sum, { prompt, completions }) => {
        return completions.reduce((own, { tokens }) => own + tokens.length, sum + prompt.tokens.length);
      }, 0);
      const metrics = { loss, ...pairMetrics(sums, beta), entropy: meanEntropy(rows, now) };
      return { metrics: { ...metrics, grad_norm: gradNorm, learning_rate: scheduled.lr, num_tokens: tokens }, tokens };
    },
  };
}

/** Sum over an answer's learned tokens. */
function learned(row: TrainRow, member: number, values: Float32Array): number {
  const { mask } = row.completions[member]!.fields;
  return values.reduce((sum, value, t) => sum + mask![t]! * value, 0);
}

function pairSums(rows: readonly TrainRow[], now: LogprobResult, before: LogprobResult): PairSums {
  const of = ({ logprobs }: LogprobResult, member: number) => rows.map((row, p) => learned(row, member, logprobs[p]![member]!));
  const lengths = (member: number) => rows.map(({ completions }) => completions[member]!.fields.mask!.reduce((sum, one) => sum + one, 0));
  return {
    chosen: of(now, 0),
    rejected: of(now, 1),
    refChosen: of(before, 0),
    refRejected: of(before, 1),
    chosenLengths: lengths(0),
    rejectedLengths: lengths(1),
  };
}

/** The row with weights whose sum of -logprob has the given gradients with respect to its answers' logprobs. */
function withWeights(row: TrainRow, gradients: readonly number[]): TrainRow {
  const completions = row.completions.map(({ tokens, fields }, m) => {
    return { tokens, fields: { ...fields, weights: fields.mask!.map((one) => -gradients[m]! * one) } };
  });
  return { ...row, completions };
}

/** TRL's metrics under TRL's names. A reward is what DPO takes an answer to be worth: beta times its log-ratio to the reference, in nats. */
export function pairMetrics(sums: PairSums, beta: number): Record<string, number> {
  const chosen = sums.chosen.map((logprob, p) => beta * (logprob - sums.refChosen[p]!));
  const rejected = sums.rejected.map((logprob, p) => beta * (logprob - sums.refRejected[p]!));
  return {
    "rewards/chosen": mean(chosen),
    "rewards/rejected": mean(rejected),
    "rewards/accuracies": mean(chosen.map((reward, p) => (reward > rejected[p]! ? 1 : 0))),
    "rewards/margins": mean(chosen.map((reward, p) => reward - rejected[p]!)),
    "logps/chosen": mean(sums.chosen),
    "logps/rejected": mean(sums.rejected),
  };
}

/** Mean over all learned tokens, nats. */
function meanEntropy(rows: readonly TrainRow[], { entropies }: LogprobResult): number {
  const each = rows.flatMap((row, p) => row.completions.map((_, m) => learned(row, m, entropies[p]![m]!)));
  const tokens = rows.flatMap(({ completions }) => completions.map(({ fields }) => fields.mask!.reduce((sum, one) => sum + one, 0)));
  return each.reduce((sum, one) => sum + one, 0) / tokens.reduce((sum, one) => sum + one, 0);
}
