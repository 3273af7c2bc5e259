import { registry } from "../../core/registry.ts";
import { add, div, exp, greater, log, maximum, mul, neg, sigmoid, sub, sum, type Tensor, where } from "../../engines/graph/build.ts";

/** Pairs as a loss sees them, [P] each: logprobs are sums over the learned tokens of an answer, in nats. */
export interface Pairs {
  chosen: Tensor;
  rejected: Tensor;
  refChosen: Tensor;
  refRejected: Tensor;
  /** learned tokens of each answer, at least 1 */
  chosenLengths: Tensor;
  rejectedLengths: Tensor;
  /** the entries of x in rising order, whichever pairs they are of */
  sorted(x: Tensor): Tensor;
}

export interface PreferenceOptions {
  beta: number;
  label_smoothing: number;
  discopop_tau: number;
}

/** A loss over pairs: one value a pair, [P], whose mean is the loss of the batch. */
export interface PreferenceLoss {
  name: string;
  /** options that change it */
  reads: (keyof PreferenceOptions)[];
  /** the loss of one pair with its numbers, for people */
  formula(options: PreferenceOptions): string;
  build(pairs: Pairs, options: PreferenceOptions): Tensor;
}

/** log(sigmoid(x)), also where the sigmoid is too small for a number. */
function logSigmoid(x: Tensor): Tensor {
  return where(greater(x, -30), log(sigmoid(maximum(x, -30))), x);
}

const square = (x: Tensor): Tensor => mul(x, x);
const ratios = ({ chosen, rejected, refChosen, refRejected }: Pairs) => ({ c: sub(chosen, refChosen), r: sub(rejected, refRejected) });
const margin = (pairs: Pairs): Tensor => {
  const { c, r } = ratios(pairs);
  return sub(c, r);
};
const perToken = (pairs: Pairs) => {
  const { c, r } = ratios(pairs);
  return sub(div(c, pairs.chosenLengths), div(r, pairs.rejectedLengths));
};
/** -log sigmoid of x, of which a share is taken to be the other way round. */
const smoothed = (x: Tensor, share: number): Tensor => neg(add(mul(logSigmoid(x), 1 - share), mul(logSigmoid(neg(x)), share)));

/**
 * TRL's DPO losses under TRL's names. c and r are the log-ratios of the chosen and the rejected answer to the reference, D = c - r,
 * b = beta, e = label_smoothing.
 * Source: TRL's DPO trainer; sigmoid is DPO (arXiv:2305.18290), hinge SLiC (2305.10425), ipo (2310.12036), exo_pair (2402.00856), nca_pair
 * (2402.05369), robust (2403.00409), bco_pair (2404.04656), sppo_hard (2405.00675), aot (2406.05882), apo (2408.06266), discopop (2406.08414).
 */
export const preferenceLosses = registry<PreferenceLoss>("preference loss", [
  {
    name: "sigmoid",
    reads: ["beta"],
    formula: ({ beta }) => `-log sig(${beta} D)`,
    build: (pairs, { beta }) => neg(logSigmoid(mul(margin(pairs), beta))),
  },
  {
    name: "hinge",
    reads: ["beta"],
    formula: ({ beta }) => `max(0, 1 - ${beta} D)`,
    build: (pairs, { beta }) => maximum(sub(1, mul(margin(pairs), beta)), 0),
  },
  // c and r by token, as TRL has it
  {
    name: "ipo",
    reads: ["beta"],
    formula: ({ beta }) => `(c / n - r / m - 1 / (2 * ${beta}))^2`,
    build: (pairs, { beta }) => square(sub(perToken(pairs), 1 / (2 * beta))),
  },
  {
    name: "robust",
    reads: ["beta", "label_smoothing"],
    formula: ({ beta, label_smoothing: e }) => `(-${1 - e} log sig(${beta} D) + ${e} log sig(-${beta} D)) / ${1 - 2 * e}`,
    build(pairs, { beta, label_smoothing: e }) {
      const x = mul(margin(pairs), beta);
      return mul(sub(mul(logSigmoid(neg(x)), e), mul(logSigmoid(x), 1 - e)), 1 / (1 - 2 * e));
    },
  },
  {
    // KL of (sigmoid(bD), sigmoid(-bD)) from (1 - e, e)
    name: "exo_pair",
    reads: ["beta", "label_smoothing"],
    formula: ({ beta, label_smoothing: e }) => `sig(x) (log sig(x) - log ${1 - e}) + sig(-x) (log sig(-x) - log ${e}), x = ${beta} D`,
    build(pairs, { beta, label_smoothing: e }) {
      const x = mul(margin(pairs), beta);
      const side = (y: Tensor, target: number) => mul(sigmoid(y), sub(logSigmoid(y), Math.log(target)));
      return add(side(x, 1 - e), side(neg(x), e));
    },
  },
  {
    name: "nca_pair",
    reads: ["beta"],
    formula: ({ beta }) => `-log sig(${beta} c) - 1/2 log sig(-${beta} c) - 1/2 log sig(-${beta} r)`,
    build(pairs, { beta }) {
      const { c, r } = ratios(pairs);
      const [x, y] = [mul(c, beta), mul(r, beta)];
      return neg(add(logSigmoid(x), mul(add(logSigmoid(neg(x)), logSigmoid(neg(y))), 0.5)));
    },
  },
  {
    name: "bco_pair",
    reads: ["beta"],
    formula: ({ beta }) => `-log sig(${beta} c) - log sig(-${beta} r)`,
    build(pairs, { beta }) {
      const { c, r } = ratios(pairs);
      return neg(add(logSigmoid(mul(c, beta)), logSigmoid(mul(r, -beta))));
    },
  },
  {
    name: "sppo_hard",
    reads: ["beta"],
    formula: ({ beta }) => `(c - 1 / (2 * ${beta}))^2 + (r + 1 / (2 * ${beta}))^2`,
    build(pairs, { beta }) {
      const { c, r } = ratios(pairs);
      return add(square(sub(c, 0.5 / beta)), square(add(r, 0.5 / beta)));
    },
  },
  {
    // distributions are compared, not pairs: the smallest margin with the reference's smallest
    name: "aot",
    reads: ["beta", "label_smoothing"],
    formula: ({ beta, label_smoothing: e }) =>
      `-${1 - e} log sig(${beta} d) - ${e} log sig(-${beta} d), d: the policy's margins in order less the reference's in order`,
    build(pairs, { beta, label_smoothing }) {
      const own = pairs.sorted(sub(pairs.chosen, pairs.rejected));
      const reference = pairs.sorted(sub(pairs.refChosen, pairs.refRejected));
      return smoothed(mul(sub(own, reference), beta), label_smoothing);
    },
  },
  {
    name: "aot_unpaired",
    reads: ["beta", "label_smoothing"],
    formula: ({ beta, label_smoothing: e }) =>
      `-${1 - e} log sig(${beta} d) - ${e} log sig(-${beta} d), d: the batch's c in order less its r in order`,
    build(pairs, { beta, label_smoothing }) {
      const { c, r } = ratios(pairs);
      return smoothed(mul(sub(pairs.sorted(c), pairs.sorted(r)), beta), label_smoothing);
    },
  },
  {
    name: "apo_zero",
    reads: ["beta"],
    formula: ({ beta }) => `1 - sig(${beta} c) + sig(${beta} r)`,
    build(pairs, { beta }) {
      const { c, r } = ratios(pairs);
      return add(sub(1, sigmoid(mul(c, beta))), sigmoid(mul(r, beta)));
    },
  },
  {
    name: "apo_down",
    reads: ["beta"],
    formula: ({ beta }) => `sig(${beta} c) + 1 - sig(${beta} D)`,
    build(pairs, { beta }) {
      return add(sigmoid(mul(ratios(pairs).c, beta)), sub(1, sigmoid(mul(margin(pairs), beta))));
    },
  },
  {
    name: "discopop",
    reads: ["beta", "discopop_tau"],
    formula: ({ beta, discopop_tau }) => `-log sig(x) (1 - s) + exp(-x) s, x = ${beta} D, s = sig(x / ${discopop_tau})`,
    build(pairs, { beta, discopop_tau }) {
      const x = mul(margin(pairs), beta);
      const modulation = sigmoid(mul(x, 1 / discopop_tau));
      return add(mul(neg(logSigmoid(x)), sub(1, modulation)), mul(exp(neg(x)), modulation));
    },
  },
  {
    name: "sigmoid_norm",
    reads: ["beta"],
    formula: ({ beta }) => `-log sig(${beta} (c / n - r / m))`,
    build: (pairs, { beta }) => neg(logSigmoid(mul(perToken(pairs), beta))),
  },
  {
    // the chosen answers' mean over tokens, the same for every pair
    name: "sft",
    reads: [],
    formula: () => "-lp of the chosen answers, its mean over all their tokens",
    build: ({ chosen, chosenLengths }) => add(mul(chosen, 0), neg(div(sum(chosen), sum(chosenLengths)))),
  },
]);
