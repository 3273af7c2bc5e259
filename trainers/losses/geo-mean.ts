import { add, clip, exp, greater, minimum, mul, neg, sub } from "../../engines/graph/build.ts";
import { meanOver, type PolicyLoss, tokenLogRatio } from "./policy.ts";

/**
 * The ratio of a completion as the geometric mean of its tokens' ratios, each clipped on the side where going on would pay:
 * loss = -A exp(mean over the completion of e), e = s min(s d, s clip(d, -clip_low, clip_high)), s the sign of A, d = lp - old.
 * A is the completion's mean. Shapes [N], nats; the bounds are log ratios. Source: GMPO (arXiv:2507.20673), as in verl.
 */
export const geoMean: PolicyLoss = {
  name: "geo_mean",
  source: "GMPO (arXiv:2507.20673), as in verl",
  reads: ["clip_low", "clip_high"],
  defaults: { aggregation: "sequence_mean_token_mean", clip_low: 0.4, clip_high: 0.4 },
  formula: ({ clip_low, clip_high }) =>
    `-A exp(mean over the completion of sign(A) min(sign(A) d, sign(A) clip(d, ${-clip_low}, ${clip_high}))), d = lp - old`,
  silent: "A = 0; tokens with d > clip_high and A > 0, or d < -clip_low and A < 0",
  term(tokens, { clip_low, clip_high }) {
    const advantages = tokens.field("advantages");
    const d = tokenLogRatio(tokens);
    const [positive, negative] = [greater(advantages, 0), greater(0, advantages)];
    const sign = sub(positive, negative);
    const bounded = mul(sign, minimum(mul(sign, d), mul(sign, clip(d, -clip_low, clip_high))));
    const ratio = exp(meanOver(tokens, "sequence", bounded));
    const outside = add(greater(-clip_low, d), greater(d, clip_high));
    return {
      loss: neg(mul(meanOver(tokens, "sequence", advantages), ratio)),
      // on either side of the bounds, as verl counts them
      tokens: { clip_low: mul(outside, negative), clip_high: mul(outside, positive) },
    };
  },
};
