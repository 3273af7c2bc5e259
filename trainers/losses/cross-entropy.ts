import { mul, neg, sum } from "../../engines/graph/build.ts";
import type { LossDefinition } from "./define.ts";

/**
 * Negative log-likelihood of the response: loss = sum of weights * -logprob.
 *
 * Shapes: every tensor [N], one entry a token. Units: nats. `weights` carry the mean (1 / tokens of the batch) and the mask.
 */
export const crossEntropy: LossDefinition = {
  name: "cross_entropy",
  build: (tokens) => ({ loss: neg(sum(mul(tokens.field("weights"), tokens.logprobs))), metrics: {} }),
};
