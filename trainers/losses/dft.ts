import { exp, mul, neg, stopGradient, sum } from "../../engines/graph/build.ts";
import type { LossDefinition } from "./define.ts";

/**
 * Dynamic fine-tuning: the negative log-likelihood of each token times its probability, which is held fixed. The gradient of an unlikely
 * token, 1 / p of its probability's, no longer outweighs the others'.
 *
 * Shapes: every tensor [N], one entry a token. Units: nats. loss = sum of weights * p * -logprob, p = exp(logprob) without a gradient.
 * Source: DFT (arXiv:2508.05629), as in TRL's SFT trainer.
 */
export const dft: LossDefinition = {
  name: "dft",
  build({ logprobs, field }) {
    const probabilities = stopGradient(exp(logprobs));
    return { loss: neg(sum(mul(mul(field("weights"), probabilities), logprobs))), metrics: {} };
  },
};
