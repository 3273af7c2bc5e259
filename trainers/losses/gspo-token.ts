import { add, clip, exp, greater, maximum, mul, neg, stopGradient, sub } from "../../engines/graph/build.ts";
import { meanOver, type PolicyLoss } from "./policy.ts";

/** Bound on the completion's log ratio. verl's. */
const LARGEST = 10;

/**
 * GSPO whose every token has a gradient of its own, so that tokens of one completion may have different advantages:
 * loss = max(-s A, -clip(s, 1 - clip_low, 1 + clip_high) A), log s = lp - sg(lp) + sg(mean over the completion of lp - old).
 * Shapes [N], nats. Source: GSPO (arXiv:2507.18071, 4.3), as verl's gspo.
 */
export const gspoToken: PolicyLoss = {
  name: "gspo_token",
  source: "GSPO-token (arXiv:2507.18071, 4.3): verl's gspo",
  reads: ["clip_low", "clip_high"],
  defaults: { aggregation: "sequence_mean_token_mean", clip_low: 3e-4, clip_high: 4e-4 },
  formula: ({ clip_low, clip_high }) =>
    `max(-s A, -clip(s, ${1 - clip_low}, ${1 + clip_high}) A), log s = lp - sg(lp) + sg(mean over the completion of lp - old)`,
  silent: "A = 0; s > 1 + clip_high with A > 0; s < 1 - clip_low with A < 0",
  term(tokens, { clip_low, clip_high }) {
    const { logprobs, field } = tokens;
    const advantages = field("advantages");
    const mean = meanOver(tokens, "sequence", sub(logprobs, field("oldLogprobs")));
    const ratio = exp(clip(add(sub(logprobs, stopGradient(logprobs)), stopGradient(mean)), -Infinity, LARGEST));
    return {
      loss: maximum(neg(mul(ratio, advantages)), neg(mul(clip(ratio, 1 - clip_low, 1 + clip_high), advantages))),
      tokens: {
        clip_low: mul(greater(1 - clip_low, ratio), greater(0, advantages)),
        clip_high: mul(greater(ratio, 1 + clip_high), greater(advantages, 0)),
      },
    };
  },
};
