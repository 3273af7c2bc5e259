import { setImmediate as nextTurn } from "node:timers/promises";
import { DataError } from "../core/errors.ts";
import { deriveSeed } from "../core/random.ts";
import type { TrainRow } from "../engines/engine.ts";
import { checkLength } from "../models/length.ts";
import { emphasized } from "./emphasis.ts";
import type { SftStage } from "./options.ts";
import type { StageContext, StageRunner } from "./runner.ts";
import { scheduledStep } from "./schedule.ts";

/**
 * Supervised fine-tuning: the loss is the mean over the batch's response tokens of their negative log-likelihood, each with its weight;
 * prompts are context.
 * The next batch is encoded while the engine works on this one.
 */
export function sftRunner({ crew, seed, stage: name, firstExample, warn }: StageContext, stage: SftStage): StageRunner {
  const { engine, processor, environment, train, maxLength } = crew;
  const { batch_size, response_field, emphasis, optimizer, steps } = stage;
  let upcoming: { step: number; rows: Promise<TrainRow[]> } | null = null;

  async function encode(index: number): Promise<TrainRow> {
    const { id, fields } = await train.at(index);
    const response = fields[response_field];
    if (typeof response !== "string" || response === "") {
      throw new DataError({
        place: { file: id },
        field: response_field,
        message: response === undefined ? "the row has no such field" : "expected a text that is not empty",
        cure: "response_field of the sft stage names the field that holds the response to learn.",
      });
    }
    const { prompt } = await processor.encodePrompt(environment.start(fields));
    const tokens = Int32Array.from([...processor.encode(response), processor.stopIds[0]!]);
    checkLength(id, { prompt: prompt.tokens.length, after: tokens.length }, maxLength);
    const completions = [{ tokens, fields: { weights: weightsOf(tokens, response, id) } }];
    return { prompt, completions, noise_seed: deriveSeed(seed, "dropout", id) };
  }

  function weightsOf(tokens: Int32Array, response: string, id: string): Float32Array {
    const even = new Float32Array(tokens.length).fill(1);
    if (emphasis.length === 0) return even;
    const weights = emphasized(tokens, response, processor.tokenPieces(), emphasis);
    if (weights === null) warn(`${id}: its tokens do not fall in with its characters, so that nothing of it is emphasized`);
    return weights ?? even;
  }

  async function batch(step: number): Promise<TrainRow[]> {
    const rows: TrainRow[] = [];
    for (let i = 0; i < batch_size; i++) {
      rows.push(await encode(firstExample + step * batch_size + i));
      // pictures take a while: the screen, signals and the engine's replies have their turn between them
      await nextTurn();
    }
    const weights = rows.map(({ completions }) => completions[0]!.fields.weights!);
    const total = weights.reduce((sum, own) => own.reduce((s, weight) => s + weight, sum), 0);
    if (total > 0) for (const own of weights) for (let t = 0; t < own.length; t++) own[t]! /= total;
    return rows;
  }

  /** The rows of a step, from the work that was begun during the one before. */
  function rowsOf(step: number): Promise<TrainRow[]> {
    return upcoming?.step === step ? upcoming.rows : batch(step);
  }

  return {
    examplesPerStep: batch_size,
    begin: async () => {},
    end: async () => {},
    async step(step) {
      const rows = await rowsOf(step);
      const micro = stage.micro_batch_size ?? rows.length;
      const spec = { name: "cross_entropy", options: {}, temperature: 1, noise_seed: deriveSeed(seed, "dropout", name, step) };
      const working = [];
      for (let i = 0; i < rows.length; i += micro) {
        working.push(engine.forwardBackward(rows.slice(i, i + micro), spec));
      }
      if (step + 1 < steps) {
        upcoming = { step: step + 1, rows: batch(step + 1) };
        // it is awaited by the next step, which may come after the failure
        upcoming.rows.catch(() => {});
      }
      const results = await Promise.all(working);
      const scheduled = scheduledStep(step, steps, optimizer);
      const { gradNorm, skipped } = await engine.optimStep(scheduled);
      if (skipped) warn(`step ${step + 1}: the gradient is not finite, the update was skipped`);
      const tokens = rows.reduce((sum, { prompt, completions }) => sum + prompt.tokens.length + completions[0]!.tokens.length, 0);
      const loss = results.reduce((sum, result) => sum + result.loss, 0);
      return { metrics: { loss, grad_norm: gradNorm, learning_rate: scheduled.lr, num_tokens: tokens }, tokens };
    },
  };
}
