import { input, mul, softmax, type Tensor } from "../graph/build.ts";
import type { Architecture, Weights } from "./architecture.ts";
import { cachedAttention, promptAttention } from "./attention.ts";
import { angleInputs, embedTokens, weightInputs } from "./train-graph.ts";

/** What the next token is drawn from, [N, vocab]: probabilities at a temperature, or logits where it is null. */
function nextToken(model: Architecture, weights: Weights, hidden: Tensor, temperature: number | null): Tensor {
  const logits = model.head(weights, hidden);
  if (temperature === null) return logits;
  return softmax(temperature === 1 ? logits : mul(logits, 1 / temperature));
}

/** Prompt pass of `rows` prompts padded to `length`: what the token after each prompt is drawn from, and every layer's keys and values. */
export function promptGraph(
  model: Architecture,
  shape: { rows: number; length: number; tiles: number },
  temperature: number | null,
): Record<string, Tensor> {
  const { rows, length, tiles } = shape;
  const { weights } = weightInputs(model);
  const tokens = rows * length;
  const kept: Record<string, Tensor> = {};
  const attend = promptAttention(rows, length, model, (layer, keys, values) => {
    kept[`keys:${layer}`] = keys;
    kept[`values:${layer}`] = values;
  });
  const hidden = model.decode(weights, {
    x: embedTokens(model, weights, tokens, tiles),
    ...angleInputs(model, tokens),
    attend,
    select: input("last_rows", [rows], "int"),
  });
  return { next: nextToken(model, weights, hidden, temperature), ...kept };
}

/** One new token in each slot: what the one after it is drawn from, and its key and value of every layer for the cache. */
export function stepGraph(model: Architecture, slots: number, capacity: number, temperature: number | null): Record<string, Tensor> {
  const { weights } = weightInputs(model);
  const kept: Record<string, Tensor> = {};
  const cacheShape = [slots, model.kvHeads, capacity, model.headDim];
  const attend = cachedAttention(
    slots,
    model,
    (layer) => ({ keys: input(`keys:${layer}`, cacheShape), values: input(`values:${layer}`, cacheShape) }),
    input("bias", [slots, 1, 1, capacity]),
    (layer, key, value) => {
      kept[`key:${layer}`] = key;
      kept[`value:${layer}`] = value;
    },
  );
  const x = model.embed(weights, input("ids", [slots], "int"));
  const hidden = model.decode(weights, { x, ...angleInputs(model, slots), attend, select: null });
  return { next: nextToken(model, weights, hidden, temperature), ...kept };
}
