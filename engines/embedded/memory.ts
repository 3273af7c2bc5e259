import type { OpName } from "../graph/ops.ts";
import { sizeOf, type Tensor, topological } from "../graph/tensor.ts";
import { type Architecture, parameterCount } from "./architecture.ts";
import type { Policy } from "./policy.ts";

/** Values that are another's memory under another shape. */
const VIEWS: ReadonlySet<OpName> = new Set(["reshape", "stopGradient"]);

/** Values that an executor writes over an input of the same size that nobody needs any more. */
const IN_PLACE: ReadonlySet<OpName> = new Set([
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "exp",
  "log",
  "sqrt",
  "reciprocal",
  "sigmoid",
  "tanh",
  "abs",
  "clip",
]);

/**
 * The most bytes of a graph's values that are alive at once while it runs, each freed after its last use and the results at the end, when
 * they are copied out: what a pass takes beside its weights and its feeds.
 */
export function peakBytes(outputs: Record<string, Tensor>): number {
  const results = new Set(Object.values(outputs).map(owner));
  const order = topological(Object.values(outputs)).filter(isMade);
  const uses = new Map<Tensor, number>();
  for (const value of order) for (const x of value.inputs) count(uses, owner(x), 1);
  const alive = new Map<Tensor, number>();
  let now = 0;
  let peak = 0;
  let copied = 0;
  for (const value of order) {
    const spare = value.inputs.map(owner).find((x) => alive.get(x) === bytesOf(value) && uses.get(x) === 1);
    const inPlace = IN_PLACE.has(value.op) && spare !== undefined;
    if (results.has(value)) copied += bytesOf(value);
    else alive.set(value, bytesOf(value));
    now += inPlace ? 0 : bytesOf(value);
    peak = Math.max(peak, now);
    for (const x of value.inputs.map(owner)) {
      if (count(uses, x, -1) > 0) continue;
      const freed = alive.get(x);
      if (freed === undefined) continue;
      alive.delete(x);
      now -= inPlace && x === spare ? 0 : freed;
    }
  }
  return Math.max(peak, now + copied);
}

/** Whether running the graph makes memory for a value. */
function isMade({ op }: Tensor): boolean {
  return op !== "input" && op !== "constant" && !VIEWS.has(op);
}

/** The value whose memory this one is. */
function owner(value: Tensor): Tensor {
  return VIEWS.has(value.op) ? owner(value.inputs[0]!) : value;
}

function bytesOf({ shape, dtype }: Tensor): number {
  return sizeOf(shape) * { int: 8, float32: 4, half: 2 }[dtype];
}

function count(uses: Map<Tensor, number>, value: Tensor, by: number): number {
  const total = (uses.get(value) ?? 0) + by;
  uses.set(value, total);
  return total;
}

/** What a session takes while it is kept, beside the values of a run: the compiled graph, bytes for each of its values, as measured. */
const GRAPH_BYTES = 5200;

export function sessionBytes(outputs: Record<string, Tensor>): number {
  return GRAPH_BYTES * topological(Object.values(outputs)).length;
}

/** Freed memory that the allocator has not given back or can't use for the next value, as a share of a pass, as measured: see docs/bench.md. */
const ALLOCATOR_SHARE = 0.1;

export interface MemoryNeeds {
  /** what the process takes besides its model, bytes */
  process: number;
  /** the values of each kind of pass that a run makes, by `peakBytes` */
  passes: number[];
  /** compiled graphs that are kept, by `sessionBytes` */
  sessions: number;
  /** copies of the trained weights that the optimizer keeps: two moments, next to nothing, or none where there are no updates */
  moments: number;
  /** whether an update adds up the gradients of several passes */
  accumulates: boolean;
  /** copies of the trained weights that are held: reference policies */
  snapshots: number;
  /** cache of the sequences that are sampled at once, bytes */
  cache: number;
}

/** Bytes that a policy takes while it is trained and sampled from: the process at its largest. */
export function policyBytes(policy: Policy, needs: MemoryNeeds): number {
  const { process, passes, sessions, moments, accumulates, snapshots, cache } = needs;
  const halves = policy.parameters.filter(({ name }) => policy.halves.has(name));
  const weights = 4 * parameterCount(policy.parameters) - 2 * parameterCount(halves);
  const trained = 4 * parameterCount(policy.trained);
  // the gradient that further passes are added to counts as one
  const copies = (accumulates ? 1 : 0) + moments + snapshots;
  return process + weights + trained * copies + cache + sessions + (1 + ALLOCATOR_SHARE) * Math.max(0, ...passes);
}

/** Keys and values of `slots` sequences of up to `length` tokens, bytes. */
export function cacheBytes({ layers, kvHeads, headDim }: Architecture, slots: number, length: number): number {
  return 2 * 4 * layers * slots * kvHeads * headDim * length;
}
