import { setImmediate as nextTurn } from "node:timers/promises";
import { DataError } from "../core/errors.ts";
import { deriveSeed } from "../core/random.ts";
import type { Example, Message } from "../core/types.ts";
import type { LossSpec, TrainRow } from "../engines/engine.ts";
import type { Environment } from "../environments/index.ts";
import { checkLength } from "../models/length.ts";
import type { Processor } from "../models/processor.ts";
import { Ahead } from "./ahead.ts";
import { conversationOf } from "./chat-rows.ts";
import { type EncodedConversation, encodeConversation } from "./conversation.ts";
import { emphasized } from "./emphasis.ts";
import { skippedUpdate } from "./not-finite.ts";
import type { SftStage } from "./options.ts";
import { responseOf } from "./response.ts";
import type { StageContext, StageRunner } from "./runner.ts";
import { scheduledStep } from "./schedule.ts";

/** Examples of a step, ready for the engine, and what to call them. */
interface Batch {
  rows: TrainRow[];
  ids: string[];
}

/**
 * Supervised fine-tuning: the loss is the mean over the batch's learned tokens of their negative log-likelihood, each with its weight, or
 * over examples of such means; everything else is context.
 * The next batch is encoded while the engine works on this one.
 */
export function sftRunner({ crew, seed, stage: name, firstExample, warn }: StageContext, stage: SftStage): StageRunner {
  const { engine, processor, environment, train, maxLength } = crew;
  const { batch_size, emphasis, optimizer, steps, packing } = stage;
  const batches = new Ahead(batch, steps);

  async function encode(index: number): Promise<{ id: string; row: TrainRow }> {
    const example = await train.at(index);
    const { id } = example;
    const conversation = await encodeExample(processor, environment, stage, example);
    const { prompt, tokens } = conversation;
    checkLength(id, { prompt: prompt.tokens.length, after: tokens.length }, maxLength);
    if (packing !== null) checkPacking(id, conversation, packing);
    const completions = [{ tokens, fields: { weights: weightsOf(conversation, id), mask: conversation.mask } }];
    return { id, row: { prompt, completions, noise_seed: deriveSeed(seed, "dropout", id) } };
  }

  function weightsOf({ mask, turns }: EncodedConversation, id: string): Float32Array {
    const weights = mask.slice();
    if (emphasis.length === 0) return weights;
    for (const { start, tokens, text } of turns) {
      const own = emphasized(tokens, text, processor.tokenPieces(), emphasis);
      if (own === null) warn(`${id}: its tokens do not fall in with its characters, so that nothing of it is emphasized`);
      else weights.set(own, start);
    }
    return weights;
  }

  async function batch(step: number): Promise<Batch> {
    const out: Batch = { rows: [], ids: [] };
    for (let i = 0; i < batch_size; i++) {
      const { id, row } = await encode(firstExample + step * batch_size + i);
      out.rows.push(row);
      out.ids.push(id);
      // pictures take a while: the screen, signals and the engine's replies have their turn between them
      await nextTurn();
    }
    normalize(
      out.rows.map(({ completions }) => completions[0]!.fields.weights!),
      stage.aggregation,
    );
    return out;
  }

  return {
    examplesPerStep: batch_size,
    begin: async () => {},
    end: async () => {},
    async step(step) {
      const { rows, ids } = await batches.of(step);
      const micro = stage.micro_batch_size ?? rows.length;
      const noise_seed = deriveSeed(seed, "dropout", name, step);
      const spec: LossSpec = { name: stage.loss, options: {}, temperature: 1, noise_seed, packing };
      const working = [];
      for (let i = 0; i < rows.length; i += micro) {
        working.push(engine.forwardBackward(rows.slice(i, i + micro), spec));
      }
      batches.begin(step);
      const results = await Promise.all(working);
      const scheduled = scheduledStep(step, steps, optimizer);
      const { gradNorm, skipped } = await engine.optimStep(scheduled);
      if (skipped) warn(`step ${step + 1}: ${await skippedUpdate(engine, rows, spec, (row) => ids[row]!)}`);
      const tokens = rows.reduce((sum, { prompt, completions }) => sum + prompt.tokens.length + completions[0]!.tokens.length, 0);
      const loss = results.reduce((sum, result) => sum + result.loss, 0);
      return { metrics: { loss, grad_norm: gradNorm, learning_rate: scheduled.lr, num_tokens: tokens }, tokens };
    },
  };
}

/** An example as the stage learns it. Throws DataError where it has no answer, or none that could be learned. */
export function encodeExample(
  processor: Processor,
  environment: Environment,
  stage: Pick<SftStage, "messages_field" | "response_field" | "train_on">,
  example: Example,
): Promise<EncodedConversation> {
  const { id, fields } = example;
  const messages =
    stage.messages_field === null ? answered(environment, example, stage.response_field) : conversationOf(id, fields, stage.messages_field);
  return encodeConversation(processor, messages, stage.train_on, id);
}

/** The environment's prompt and the row's response to it. */
function answered(environment: Environment, example: Example, responseField: string): Message[] {
  const text = responseOf(example, responseField);
  return [...environment.start(example.fields), { role: "assistant", content: [{ type: "text", text }] }];
}

/** Throws DataError where an example can't share a row with others. */
export function checkPacking(id: string, { prompt, tokens }: EncodedConversation, packing: number): void {
  if (prompt.pixels !== null) {
    const message = "has a picture, and only rows of text can be packed";
    throw new DataError({ place: { file: id }, message, cure: "Leave packing out." });
  }
  const length = prompt.tokens.length + tokens.length - 1;
  if (length <= packing) return;
  const message = `its ${length} tokens are more than the ${packing} of a packed row`;
  throw new DataError({ place: { file: id }, message, cure: "Raise packing, or drop the row." });
}

/** Scales the weights of a batch's examples [B][T] so that the sum that a loss is becomes a mean; examples without any weight don't count. */
export function normalize(weights: readonly Float32Array[], aggregation: SftStage["aggregation"]): void {
  const totals = weights.map((own) => own.reduce((sum, weight) => sum + weight, 0));
  const total = totals.reduce((sum, one) => sum + one, 0);
  const examples = totals.filter((one) => one > 0).length;
  for (const [i, own] of weights.entries()) {
    const divisor = aggregation === "token" ? total : totals[i]! * examples;
    if (divisor > 0) for (let t = 0; t < own.length; t++) own[t]! /= divisor;
  }
}
