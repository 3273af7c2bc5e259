import { add, clip, exp, greater, log, maximum, mul, neg, stopGradient, sub, type Tensor, where } from "../../engines/graph/build.ts";
import { type PolicyLoss, tokenLogRatio } from "./policy.ts";

const SMALLEST = 1e-8;

/**
 * The policy gradient with a weight that is shaped over the whole completion: loss = -phi A lp, phi = exp(lambda + k x - lambda e^x) held still,
 * x the log ratio of the completion, a sum over its tokens: at x = 0 it is 1, and it falls on both sides. Importance weights of the sampler
 * are a part of x. Shapes [N], nats. Source: VESPO (arXiv:2602.10693), as in TRL.
 * `hold` keeps phi still: only a test has another one than stopGradient.
 */
export function vespoLoss(hold: (phi: Tensor) => Tensor): PolicyLoss {
  return {
    name: "vespo",
    source: "VESPO (arXiv:2602.10693), as in TRL",
    reads: ["vespo_k_pos", "vespo_lambda_pos", "vespo_k_neg", "vespo_lambda_neg"],
    formula: ({ vespo_k_pos, vespo_lambda_pos, vespo_k_neg, vespo_lambda_neg }) =>
      `-phi A lp, phi = sg(exp(l + k x - l e^x)), x = sum over the completion of lp - old, ` +
      `(k, l) = (${vespo_k_pos}, ${vespo_lambda_pos}) where A >= 0, else (${vespo_k_neg}, ${vespo_lambda_neg})`,
    silent: "A = 0; fades as the completion's ratio leaves 1",
    ownCorrection: true,
    term(tokens, options) {
      const advantages = tokens.field("advantages");
      const correction = clip(log(maximum(tokens.field("correction"), SMALLEST)), Math.log(SMALLEST), 20);
      const x = clip(tokens.sumOver("sequence", add(tokenLogRatio(tokens), correction)), Math.log(SMALLEST), 20);
      const negative = greater(0, advantages);
      const k = where(negative, options.vespo_k_neg, options.vespo_k_pos);
      const lambda = where(negative, options.vespo_lambda_neg, options.vespo_lambda_pos);
      const phi = hold(exp(sub(add(lambda, mul(k, x)), mul(lambda, exp(x)))));
      return { loss: neg(mul(mul(phi, advantages), tokens.logprobs)), tokens: { phi } };
    },
  };
}

export const vespo = vespoLoss(stopGradient);
