import { input, type Tensor } from "../graph/build.ts";
import type { Architecture } from "./architecture.ts";
import { cachedAttention, promptAttention } from "./attention.ts";
import { angleInputs, embedTokens, weightInputs } from "./train-graph.ts";

/** Prompt pass of `rows` prompts padded to `length`: logits after each prompt's last token, and every layer's keys and values. */
export function promptGraph(model: Architecture, rows: number, length: number, tiles: number): Record<string, Tensor> {
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
  return { logits: model.head(weights, hidden), ...kept };
}

/** One new token in each slot: its logits, and its key and value of every layer for the cache. */
export function stepGraph(model: Architecture, slots: number, capacity: number): Record<string, Tensor> {
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
  return { logits: model.head(weights, hidden), ...kept };
}
