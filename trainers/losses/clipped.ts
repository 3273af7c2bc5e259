import { clip, exp, greater, minimum, mul, neg } from "../../engines/graph/build.ts";
import { logRatio, type PolicyLoss, ratioText, type StageDefaults } from "./policy.ts";

/**
 * The clipped surrogate of PPO, at the level of tokens, turns or completions.
 *
 * Shapes: every tensor [N], one entry per token of the micro-batch, rollouts laid end to end. Units: nats.
 *   r    = exp(logprob - oldLogprob), or exp of the mean of that over the turn or completion (GSPO), or of its sum (TRL's RLOO)
 *   r'   = min(r, delta) where there is a delta
 *   loss = -min(r' A, clip(r, 1 - clip_low, 1 + clip_high) A)
 * `delta` bounds what a token of negative advantage can cost: two-sided clipping (INTELLECT-2, arXiv:2505.07291); as verl's `clip_ratio_c` it is
 * PPO's dual clip (arXiv:1912.09729), which is the same function for any delta > 1 + clip_high.
 */
function clipped(name: string, source: string, defaults: StageDefaults = {}): PolicyLoss {
  return {
    name,
    source,
    defaults,
    reads: ["ratio", "clip_low", "clip_high", "delta"],
    formula: ({ ratio, clip_low, clip_high, delta }) => {
      const first = delta === null ? "r A" : `min(r, ${delta}) A`;
      return `-min(${first}, clip(r, ${1 - clip_low}, ${1 + clip_high}) A), ${ratioText(ratio)}`;
    },
    silent: "A = 0; r > 1 + clip_high with A > 0; r < 1 - clip_low, or r > delta, with A < 0",
    term(tokens, { ratio: level, clip_low, clip_high, delta }) {
      const advantages = tokens.field("advantages");
      const ratio = exp(logRatio(tokens, level));
      const bounded = delta === null ? ratio : minimum(ratio, delta);
      const surrogate = minimum(mul(bounded, advantages), mul(clip(ratio, 1 - clip_low, 1 + clip_high), advantages));
      return {
        loss: neg(surrogate),
        tokens: {
          clip_low: mul(greater(1 - clip_low, ratio), greater(0, advantages)),
          clip_high: mul(greater(ratio, 1 + clip_high), greater(advantages, 0)),
          ...(delta === null ? {} : { clip_delta: mul(greater(ratio, delta), greater(0, advantages)) }),
        },
      };
    },
  };
}

const SEQUENCES = { aggregation: "sequence_mean_token_mean" };

/** One token loss under the names of the algorithms, which differ in what is around it. */
export const clippedLosses = [
  clipped("grpo", "DeepSeekMath (arXiv:2402.03300)"),
  clipped("dapo", "DAPO (arXiv:2503.14476)", { aggregation: "token_mean", clip_high: 0.28 }),
  clipped("bnpo", "BNPO as in TRL: the mean over the batch's tokens", { aggregation: "token_mean" }),
  clipped("dr_grpo", "Dr. GRPO (arXiv:2503.20783)", { aggregation: "dr_grpo", scale_rewards: "none" }),
  clipped("gspo", "GSPO (arXiv:2507.18071)", { ...SEQUENCES, ratio: "sequence", clip_low: 3e-4, clip_high: 4e-4 }),
  clipped("luspo", "LUSPO (arXiv:2602.05261), as in TRL", { aggregation: "luspo", ratio: "sequence", clip_low: 3e-4, clip_high: 4e-4 }),
];
