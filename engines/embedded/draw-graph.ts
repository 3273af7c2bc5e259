import {
  add,
  argmax,
  constant,
  div,
  gatherRows,
  greater,
  log,
  matmul,
  mul,
  pad,
  pick,
  reduceSum,
  reshape,
  slice,
  sub,
  type Tensor,
  toIndex,
} from "../graph/build.ts";

/** Tokens that were drawn, as whole numbers, and their logprobs in nats, [N] each. */
export interface DrawnRows {
  tokens: Tensor;
  logprobs: Tensor;
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
  const before = runningSums(masses);
  const total = slice(before, 1, blocks - 1, blocks);
  const wanted = mul(reshape(u, [rows, 1]), total);
  const block = firstPast(masses, before, wanted);
  const at = toIndex(block);
  const within = sub(wanted, reshape(sub(pick(before, at), pick(masses, at)), [rows, 1]));
  const starts = constant(
    Array.from({ length: rows }, (_, row) => row * blocks),
    [rows],
  );
  const chosen = gatherRows(table, toIndex(add(block, starts)));
  const place = firstPast(chosen, runningSums(chosen), within);
  const mass = pick(chosen, toIndex(place));
  return { tokens: add(mul(block, width), place), logprobs: log(div(mass, reshape(total, [rows]))) };
}

/** The most probable token of each row, the first of equals. */
export function likeliestRows(probabilities: Tensor): DrawnRows {
  const tokens = argmax(probabilities);
  const mass = pick(probabilities, toIndex(tokens));
  return { tokens, logprobs: log(div(mass, reduceSum(probabilities, [1]))) };
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
  const rising = constant(
    Array.from({ length: count }, (_, i) => (i + 1) / count),
    [1, count],
  );
  const past = greater(sub(sums, wanted), 0);
  // 2 where it is past, else how far it is: of equals argmax takes the first
  return argmax(mul(greater(masses, 0), add(rising, mul(past, sub(2, rising)))));
}
