import { input, mul, softmax, type Tensor } from "../graph/build.ts";
import type { Architecture, PictureLayout, Weights } from "./architecture.ts";
import { cachedAttention, promptAttention, windowBiasName, windowsWithin } from "./attention.ts";
import { type Policy, weightsOf } from "./policy.ts";
import { angleInputs, embedTokens } from "./train-graph.ts";
import { weightInputs } from "./weights.ts";

/** What the next token is drawn from, [N, vocab]: probabilities at a temperature, or logits where it is null. */
export function nextToken(model: Architecture, weights: Weights, hidden: Tensor, temperature: number | null): Tensor {
  const logits = model.head(weights, hidden);
  if (temperature === null) return logits;
  return softmax(temperature === 1 ? logits : mul(logits, 1 / temperature));
}

export interface PromptShape {
  rows: number;
  length: number;
  pictures: PictureLayout | null;
}

/** Prompt pass of `rows` prompts padded to `length`: what the token after each prompt is drawn from, and every layer's keys and values. */
export function promptGraph(policy: Policy, { rows, length, pictures }: PromptShape, temperature: number | null): Record<string, Tensor> {
  const { model } = policy;
  const { weights } = weightInputs(weightsOf(policy));
  const tokens = rows * length;
  const kept: Record<string, Tensor> = {};
  const attend = promptAttention(rows, length, model, (layer, keys, values) => {
    kept[`keys:${layer}`] = keys;
    kept[`values:${layer}`] = values;
  });
  const hidden = model.decode(weights, {
    ...embedTokens(model, weights, tokens, rows, pictures),
    ...angleInputs(model, tokens),
    attend,
    select: input("last_rows", [rows], "int"),
  });
  return { next: nextToken(model, weights, hidden, temperature), ...kept };
}

/** One new token in each slot: what the one after it is drawn from, and its key and value of every layer for the cache. */
export function stepGraph(policy: Policy, slots: number, capacity: number, temperature: number | null): Record<string, Tensor> {
  const { model } = policy;
  const { weights } = weightInputs(weightsOf(policy));
  const kept: Record<string, Tensor> = {};
  const cacheShape = [slots, model.kvHeads, capacity, model.headDim];
  const biasShape = [slots, 1, 1, capacity];
  const bias = input("bias", biasShape);
  const windows = new Map(windowsWithin(model, capacity).map((window) => [window, input(windowBiasName(window), biasShape)]));
  const attend = cachedAttention(
    slots,
    model,
    (layer) => ({ keys: input(`keys:${layer}`, cacheShape), values: input(`values:${layer}`, cacheShape) }),
    (layer) => windows.get(model.windows[layer] ?? 0) ?? bias,
    (layer, key, value) => {
      kept[`key:${layer}`] = key;
      kept[`value:${layer}`] = value;
    },
  );
  const x = model.embed(weights, input("ids", [slots], "int"));
  const hidden = model.decode(weights, { x, deepstack: null, ...angleInputs(model, slots), attend, select: null });
  return { next: nextToken(model, weights, hidden, temperature), ...kept };
}
