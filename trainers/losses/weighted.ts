import { clip, exp, greater, minimum, mul, neg, stopGradient } from "../../engines/graph/build.ts";
import { logRatio, type PolicyLoss, ratioText, tokenLogRatio } from "./policy.ts";

/** The policy gradient itself: loss = -A lp. Shapes [N], nats. No ratio: it is right on the policy that sampled. */
function plain(name: string, source: string, defaults: PolicyLoss["defaults"] = {}): PolicyLoss {
  return {
    name,
    source,
    defaults,
    reads: [],
    formula: () => "-A lp",
    silent: "A = 0",
    term: (tokens) => ({ loss: neg(mul(tokens.field("advantages"), tokens.logprobs)), tokens: {} }),
  };
}

export const reinforce = plain("reinforce", "Williams (1992); verl's bypass mode");
export const gpg = plain("gpg", "GPG (arXiv:2504.02546), as in verl", { advantage: "gpg" });

/**
 * The policy gradient with an importance weight that is capped instead of clipped, so that no token loses its gradient:
 * loss = -sg(min(r, ratio_cap)) A lp. The cap is a ratio itself and there is no lower bound. Shapes [N], nats.
 * Source: CISPO, MiniMax-M1 (arXiv:2506.13585), as in TRL.
 */
export const cispo: PolicyLoss = {
  name: "cispo",
  source: "MiniMax-M1 (arXiv:2506.13585), as in TRL: an absolute cap",
  reads: ["ratio", "ratio_cap"],
  formula: ({ ratio, ratio_cap }) => `-sg(min(r, ${ratio_cap})) A lp, ${ratioText(ratio)}`,
  silent: "A = 0",
  term(tokens, { ratio: level, ratio_cap }) {
    const advantages = tokens.field("advantages");
    const ratio = exp(logRatio(tokens, level));
    return {
      loss: neg(mul(mul(stopGradient(minimum(ratio, ratio_cap)), advantages), tokens.logprobs)),
      tokens: { cispo_clip: mul(greater(ratio, ratio_cap), greater(advantages, 0)) },
    };
  },
};

/** The same with bounds around 1 on both sides: loss = -sg(clip(r, 1 - clip_low, 1 + clip_high)) A lp. Source: as in verl. */
export const cispoRelative: PolicyLoss = {
  name: "cispo_relative",
  source: "MiniMax-M1 (arXiv:2506.13585), as in verl: bounds around 1",
  reads: ["clip_low", "clip_high"],
  formula: ({ clip_low, clip_high }) => `-sg(clip(r, ${1 - clip_low}, ${1 + clip_high})) A lp`,
  silent: "A = 0",
  term(tokens, { clip_low, clip_high }) {
    const ratio = exp(tokenLogRatio(tokens));
    return {
      loss: neg(mul(mul(stopGradient(clip(ratio, 1 - clip_low, 1 + clip_high)), tokens.field("advantages")), tokens.logprobs)),
      tokens: { clip_low: greater(1 - clip_low, ratio), clip_high: greater(ratio, 1 + clip_high) },
    };
  },
};
