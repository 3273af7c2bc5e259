import { add, concat, gatherRows, input, pad, putRows, reshape, slice, type Tensor, toIndex } from "../graph/build.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { Architecture } from "./architecture.ts";
import { rangeBias, runAttention, windowsWithin } from "./attention.ts";
import { nextToken } from "./decode-graph.ts";
import { type DrawnRows, drawnOutputs, drawRows, likeliestRows } from "./draw-graph.ts";
import { type Policy, weightsOf } from "./policy.ts";
import { weightInputs } from "./weights.ts";

/** How tokens come of logits [N, vocab] on a device: the likeliest, drawn at a temperature, or not at all, as only the host can filter. */
export interface RunDraw {
  /** of the distribution that the graph gives; null: logits */
  temperature: number | null;
  greedy: boolean;
}

export interface RunShape {
  slots: number;
  capacity: number;
  /** tokens that a run gives a slot */
  steps: number;
  /** positions that there are angles for */
  positions: number;
}

/** Names of a cache's values, keys and values of every layer. */
export function cacheNames({ layers }: Pick<Architecture, "layers">): string[] {
  return Array.from({ length: layers }, (_, layer) => [`keys:${layer}`, `values:${layer}`]).flat();
}

/**
 * `steps` tokens one after the other in each slot. Fed are the last token of each slot, `ids` [slots]; how many positions of the cache it
 * has `filled` [slots]; the `position` of each new token [steps, slots], a row of the angles; in which of all the cache's rows
 * [slots * kvHeads * capacity] its keys and values go, `rows` [slots * kvHeads * steps]; and `u` [steps, slots] to draw with. Gives tokens
 * and logprobs, [steps, slots] each, or the `next` logits of a single step, and the cache.
 */
export function runGraph(policy: Policy, { slots, capacity, steps, positions }: RunShape, draw: RunDraw): Record<string, Tensor> {
  const { model } = policy;
  const { kvHeads, headDim } = model;
  let { weights, inputs } = weightInputs(weightsOf(policy));
  const shape = [slots, kvHeads, capacity, headDim];
  const cached = new Map(cacheNames(model).map((name) => [name, input(`cached_${name}`, shape)]));
  const cache = (layer: number) => ({ keys: cached.get(`keys:${layer}`)!, values: cached.get(`values:${layer}`)! });
  const made = Array.from({ length: model.layers }, () => ({ keys: [] as Tensor[], values: [] as Tensor[] }));
  const filled = input("filled", [slots]);
  const unfilled = rangeBias(capacity, filled, null);
  const position = input("position", [steps, slots], "int");
  const [cos, sin] = ["cos", "sin"].map((name) => gatherRows(input(`${name}_table`, [positions, headDim / 2]), position));
  const u = draw.greedy || draw.temperature === null ? null : input("u", [steps, slots]);
  const row = (x: Tensor, step: number) => reshape(slice(x, 0, step, step + 1), x.shape.slice(1));

  const drawn: DrawnRows[] = [];
  let ids: Tensor = input("ids", [slots], "int");
  let next: Tensor | null = null;
  for (let step = 0; step < steps; step++) {
    const windows = new Map(
      windowsWithin(model, capacity).map((window) => [window, rangeBias(capacity, filled, add(filled, step + 1 - window))]),
    );
    const attend = runAttention(slots, model, cache, (layer) => windows.get(model.windows[layer] ?? 0) ?? unfilled, made);
    const x = model.embed(weights, ids);
    const hidden = model.decode(weights, { x, deepstack: null, cos: row(cos!, step), sin: row(sin!, step), attend, select: null });
    next = nextToken(model, weights, hidden, draw.temperature);
    if (draw.temperature === null) break;
    const tokens = u === null ? likeliestRows(next) : drawRows(next, row(u, step));
    drawn.push(tokens);
    ids = toIndex(tokens.tokens);
    ({ weights, inputs } = weightInputs(weightsOf(policy), { inputs, after: tokens.tokens }));
  }

  const rows = input("rows", [slots * kvHeads * steps], "int");
  const written = Object.fromEntries(
    [...cached].map(([name, base]) => {
      const [kind, layer] = name.split(":") as ["keys" | "values", string];
      const fresh = concat(made[Number(layer)]![kind], 2);
      const all = putRows(
        reshape(base, [sizeOf(shape) / headDim, headDim]),
        rows,
        reshape(fresh, [sizeOf(fresh.shape) / headDim, headDim]),
      );
      return [name, reshape(all, shape)];
    }),
  );
  if (draw.temperature === null) return { next: next!, ...written };
  return { ...drawnOutputs(drawn), ...written };
}

/** What is done to a cache between two runs. */
export interface ArrangeShape {
  /** the cache as it is; null before there is one */
  from: { slots: number; capacity: number } | null;
  /** a prompt pass whose keys and values go into some slots */
  prompts: { rows: number; length: number } | null;
  to: { slots: number; capacity: number };
}

/**
 * A cache of other slots and capacity: slot i becomes what was `source[i]`, a slot, or where it is not below the slots there were a row of
 * the prompt pass, whose values are fed as `prompt_keys:0` and so on.
 */
export function arrangeGraph(model: Architecture, { from, prompts, to }: ArrangeShape): Record<string, Tensor> {
  const { kvHeads, headDim } = model;
  const width = kvHeads * to.capacity * headDim;
  const source = input("source", [to.slots], "int");
  const table = (name: string, rows: number, length: number) =>
    reshape(pad(input(name, [rows, kvHeads, length, headDim]), 2, 0, to.capacity - length), [rows, width]);
  return Object.fromEntries(
    cacheNames(model).map((name) => {
      const tables = [
        ...(from === null ? [] : [table(`cached_${name}`, from.slots, from.capacity)]),
        ...(prompts === null ? [] : [table(`prompt_${name}`, prompts.rows, prompts.length)]),
      ];
      return [name, reshape(gatherRows(concat(tables, 0), source), [to.slots, kvHeads, to.capacity, headDim])];
    }),
  );
}

/** First tokens of completions from what a prompt pass left, `next` [rows, vocab]: those of `row` [count], each drawn with its `u`. */
export function firstTokensGraph(rows: number, vocab: number, count: number, greedy: boolean): Record<string, Tensor> {
  const each = gatherRows(input("next", [rows, vocab]), input("row", [count], "int"));
  return drawnOutputs([greedy ? likeliestRows(each) : drawRows(each, input("u", [count]))]);
}
