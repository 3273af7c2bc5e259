import {
  add,
  argmax,
  concat,
  constant,
  div,
  gatherRows,
  greater,
  log,
  matmul,
  mul,
  pad,
  reduceSum,
  reshape,
  sizeOf,
  slice,
  sub,
  type Tensor,
  toIndex,
} from "../graph/build.ts";

/** Tokens that were drawn, whole numbers [N], and the shares of probability that they had, [N, 1]. */
export interface DrawnRows {
  tokens: Tensor;
  shares: Tensor;
}

/** Tokens and their logprobs in nats, [draws, N] each. */
export function drawnOutputs(draws: readonly DrawnRows[]): { tokens: Tensor; logprobs: Tensor } {
  const shape = [1, draws[0]!.tokens.shape[0]!];
  const stacked = (part: (draw: DrawnRows) => Tensor) =>
    concat(
      draws.map((draw) => reshape(part(draw), shape)),
      0,
    );
  return { tokens: stacked(({ tokens }) => tokens), logprobs: log(stacked(({ shares }) => shares)) };
}

/**
 * Draws a token from each row of probabilities [N, vocab], as `drawToken` does on the host: the first whose share, added to those before
 * it, is more than the row's number of u [N], each in [0, 1), and never one of probability 0. Rows are searched in two steps, blocks first
 * and then the one block's tokens, so that only sums of some hundred numbers are made.
 */
export function drawRows(probabilities: Tensor, u: Tensor): DrawnRows {
  const [rows, vocab] = probabilities.shape as [number, number];
  const width = blockWidth(vocab);
  const blocks = Math.ceil(vocab / width);
  const table = reshape(pad(probabilities, 1, 0, blocks * width - vocab), [rows * blocks, width]);
  const masses = reshape(reduceSum(table, [1]), [rows, blocks]);
  const sums = runningSums(masses);
  const total = slice(sums, 1, blocks - 1, blocks);
  const wanted = mul(reshape(u, [rows, 1]), total);
  const block = firstPast(masses, sums, wanted);
  const within = sub(wanted, sub(entries(sums, block), entries(masses, block)));
  const chosen = gatherRows(table, inRows(block, blocks));
  const place = firstPast(chosen, runningSums(chosen), within);
  const mass = entries(chosen, place);
  return { tokens: add(mul(block, width), place), shares: div(mass, total) };
}

/** The most probable token of each row, the first of equals. */
export function likeliestRows(probabilities: Tensor): DrawnRows {
  const tokens = argmax(probabilities);
  const mass = entries(probabilities, tokens);
  return { tokens, shares: div(mass, reduceSum(probabilities, [1], true)) };
}

/** Whole numbers up to here are exact in float32. */
const EXACT = 2 ** 24;

/** The entries of rows x [N, K] at places [N], [N, 1]. Where they are is reckoned in floats: not every device reckons with indices. */
function entries(x: Tensor, places: Tensor): Tensor {
  const [rows, width] = x.shape as [number, number];
  const most = Math.floor(EXACT / width);
  const parts: Tensor[] = [];
  for (let row = 0; row < rows; row += most) {
    const part = slice(x, 0, row, Math.min(rows, row + most));
    const at = inRows(slice(places, 0, row, row + part.shape[0]!), width);
    parts.push(gatherRows(reshape(part, [sizeOf(part.shape), 1]), at));
  }
  return concat(parts, 0);
}

/** Places [N] in rows of so many entries as indices of all rows' entries. */
function inRows(places: Tensor, width: number): Tensor {
  const rows = places.shape[0]!;
  const starts = constant(
    Array.from({ length: rows }, (_, row) => row * width),
    [rows],
  );
  return toIndex(add(places, starts));
}

/** Tokens in a block: about as many as there are blocks, and where it can be a share without a remainder, as nothing is padded then. */
export function blockWidth(vocab: number): number {
  const root = Math.ceil(Math.sqrt(vocab));
  for (let width = root; width <= 2 * root; width++) if (vocab % width === 0) return width;
  return root;
}

/** x [N, K] to the sum of each entry and those before it. */
function runningSums(x: Tensor): Tensor {
  const count = x.shape[1]!;
  const upTo = Float64Array.from({ length: count * count }, (_, i) => Number(Math.floor(i / count) <= i % count));
  return matmul(x, constant(upTo, [count, count]));
}

/** Of each row the first place with a mass whose running sum is more than what is wanted; where rounding leaves none, the last with a mass. */
function firstPast(masses: Tensor, sums: Tensor, wanted: Tensor): Tensor {
  const count = masses.shape[1]!;
  const row = (value: (i: number) => number) =>
    constant(
      Float64Array.from({ length: count }, (_, i) => value(i)),
      [1, count],
    );
  const past = greater(sub(sums, wanted), 0);
  // 2 where it is past, else how far it is: of equals argmax takes the first
  const ranks = add(
    mul(
      past,
      row((i) => 2 - (i + 1) / count),
    ),
    row((i) => (i + 1) / count),
  );
  return argmax(mul(greater(masses, 0), ranks));
}
