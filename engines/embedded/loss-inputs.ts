import type { TrainRow } from "../engine.ts";
import { gatherRows, input, mul, reshape, scatterAddRows, type Tensor } from "../graph/build.ts";

/** What a sum within a loss runs over: a completion, one turn of it (field `turns`), or all completions of a row. */
export type Span = "sequence" | "turn" | "row";

/** Per-token tensors [N] that a loss is written over, rollouts laid end to end. Logprobs and entropies are in nats. */
export interface LossTensors {
  logprobs: Tensor;
  /** [N], computed only where the loss asks */
  entropies: () => Tensor;
  /** [N] what the critic takes the state before each token to be worth; there has to be one */
  values: () => Tensor;
  /**
   * A field of the completions, 0 where padded. `weights` carry aggregation and everything else that only scales a token; `mask` is 1 for
   * the tokens that enter the loss at all, whatever they weigh.
   */
  field(name: string): Tensor;
  /** Sum of x over the tokens of mask 1 of each span, at every token of it: [N]. Gradients pass. A completion and a row are never split. */
  sumOver(span: Span, x: Tensor): Tensor;
}

export interface LossResult {
  /** a scalar: the sum over tokens that the caller has weighted */
  loss: Tensor;
  /** scalars, added up over passes and reported beside the loss */
  metrics: Record<string, Tensor>;
  /** [N] detached, handed back in the places of the caller's tokens */
  tokens?: Record<string, Tensor>;
}

/** Options of a loss, already checked: a part of the compiled graph, so that what changes between steps comes in fields instead. */
export type LossOptions = Readonly<Record<string, number | string | boolean | null>>;

/** A loss of the table. Which fields it reads is what it asks `tokens` for. */
export interface LossDefinition {
  name: string;
  build(tokens: LossTensors, options: LossOptions): LossResult;
}

const FIELD = "field:";
const SPAN = "span:";

/** The tensors of a loss over `logprobs` [N]: fields and spans are inputs, which `lossFeeds` fills. */
export function lossTensors(logprobs: Tensor, entropies: () => Tensor, values: () => Tensor = withoutCritic): LossTensors {
  const count = logprobs.shape[0]!;
  const inputs = new Map<string, Tensor>();
  const named = (name: string, dtype: "float32" | "int") => {
    const known = inputs.get(name) ?? input(name, [count], dtype);
    inputs.set(name, known);
    return known;
  };
  const field = (name: string) => named(FIELD + name, "float32");
  return {
    logprobs,
    entropies,
    values,
    field,
    sumOver(span, x) {
      const ids = named(SPAN + span, "int");
      // no more spans than tokens, and a spare one where padded
      const sums = scatterAddRows(ids, reshape(mul(x, field("mask")), [count, 1]), count + 1);
      return reshape(gatherRows(sums, ids), [count]);
    },
  };
}

function withoutCritic(): never {
  throw new Error("the loss reads values, and the policy has no critic");
}

/** Where a target stands in the caller's rows. */
export interface TargetPlace {
  row: number;
  member: number;
  token: number;
}

/** Feeds for those of a graph's inputs that are a loss's: one entry for every place in order, then padding up to `count`. */
export function lossFeeds(
  inputNames: Iterable<string>,
  rows: readonly TrainRow[],
  places: readonly TargetPlace[],
  count: number,
): Record<string, Float32Array | Int32Array> {
  const feeds: Record<string, Float32Array | Int32Array> = {};
  for (const name of inputNames) {
    if (name.startsWith(FIELD)) feeds[name] = fieldFeed(rows, places, count, name.slice(FIELD.length));
    else if (name.startsWith(SPAN)) feeds[name] = spanFeed(rows, places, count, name.slice(SPAN.length) as Span);
  }
  return feeds;
}

function fieldFeed(rows: readonly TrainRow[], places: readonly TargetPlace[], count: number, name: string): Float32Array {
  const out = new Float32Array(count);
  places.forEach(({ row, member, token }, i) => {
    const values = rows[row]!.completions[member]!.fields[name];
    if (values === undefined) throw new Error(`the loss reads "${name}", which a completion lacks`);
    out[i] = values[token]!;
  });
  return out;
}

function spanFeed(rows: readonly TrainRow[], places: readonly TargetPlace[], count: number, span: Span): Int32Array {
  const out = new Int32Array(count).fill(count);
  const ids = new Map<string, number>();
  places.forEach(({ row, member, token }, i) => {
    const turn = rows[row]!.completions[member]!.fields.turns?.[token] ?? 0;
    const key = { row: `${row}`, sequence: `${row},${member}`, turn: `${row},${member},${turn}` }[span];
    const id = ids.get(key) ?? ids.size;
    ids.set(key, id);
    out[i] = id;
  });
  return out;
}
