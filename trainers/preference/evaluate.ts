import { add, constant, gatherRows, indexConstant, input, mul, reshape, sum, type Tensor } from "../../engines/graph/build.ts";
import { differentiate } from "../../engines/graph/differentiate.ts";
import { runReference } from "../../engines/reference/run.ts";
import { type PreferenceOptions, preferenceLosses } from "./losses.ts";

/** Logprobs of a batch's answers [P], each summed over the answer's learned tokens, and how many those are. */
export interface PairSums {
  chosen: number[];
  rejected: number[];
  refChosen: number[];
  refRejected: number[];
  chosenLengths: number[];
  rejectedLengths: number[];
}

export interface PairLoss {
  /** sum over losses of weight * mean over pairs */
  loss: number;
  /** its gradient with respect to `chosen` and `rejected`, [P] */
  chosen: Float64Array;
  rejected: Float64Array;
}

/**
 * Loss of a batch of pairs and its gradient with respect to the answers' logprobs, in float64. A loss sees the whole batch at once, so
 * that the update is the same however the batch is split into passes, for losses too that compare pairs with each other.
 */
export function pairLoss(sums: PairSums, losses: readonly { name: string; weight: number }[], options: PreferenceOptions): PairLoss {
  const count = sums.chosen.length;
  const feeds = { chosen: sums.chosen, rejected: sums.rejected };
  const [chosen, rejected] = [input("chosen", [count]), input("rejected", [count])];
  const fixed = (values: readonly number[]) => constant(Float64Array.from(values), [count]);
  const pairs = {
    chosen,
    rejected,
    refChosen: fixed(sums.refChosen),
    refRejected: fixed(sums.refRejected),
    chosenLengths: fixed(sums.chosenLengths),
    rejectedLengths: fixed(sums.rejectedLengths),
    sorted(x: Tensor): Tensor {
      const { values } = runReference({ values: x }, feeds);
      const order = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
      return reshape(gatherRows(reshape(x, [count, 1]), indexConstant(order)), [count]);
    },
  };
  const terms = losses.map(({ name, weight }) => mul(sum(preferenceLosses.get(name).build(pairs, options)), weight / count));
  const value = terms.reduce((total, term) => add(total, term));
  const [byChosen, byRejected] = differentiate(value, [chosen, rejected]);
  const result = runReference({ value, byChosen: byChosen!, byRejected: byRejected! }, feeds);
  return { loss: result.value[0]!, chosen: result.byChosen, rejected: result.byRejected };
}
