import { add, div, exp, greater, log, minimum, mul, neg, stopGradient, sub, type Tensor } from "../../engines/graph/build.ts";
import type { LossTensors } from "./define.ts";
import { type PolicyLoss, tokenLogRatio } from "./policy.ts";

const SMALL = 1e-8;

interface Probabilities {
  now: Tensor;
  old: Tensor;
  logprobs: Tensor;
  oldLogprobs: Tensor;
}

/**
 * A trust region by probabilities in place of ratios: a rare token may change its ratio a lot before its probability moves.
 * loss = -A sg(min(r, ratio_cap)) lp where the token is within the region or moves back into it, else 0. Shapes [N], nats.
 * Source: DPPO (arXiv:2602.04879), as in verl.
 */
function dppo(name: string, formula: string, beyond: (p: Probabilities, bound: number, up: boolean) => Tensor): PolicyLoss {
  return {
    name,
    source: "DPPO (arXiv:2602.04879), as in verl",
    reads: ["clip_low", "clip_high", "ratio_cap"],
    defaults: { clip_low: 0.1, clip_high: 0.1, ratio_cap: 20 },
    formula: ({ clip_low, clip_high, ratio_cap }) =>
      `-A sg(min(r, ${ratio_cap})) lp, but 0 where ${formula} > ${clip_high} upwards with A > 0, or > ${clip_low} downwards with A <= 0`,
    silent: "A = 0; the probability has left the region in the direction of A",
    term(tokens: LossTensors, { clip_low, clip_high, ratio_cap }) {
      const { logprobs, field } = tokens;
      const [advantages, oldLogprobs] = [field("advantages"), field("oldLogprobs")];
      const p = { now: exp(logprobs), old: exp(oldLogprobs), logprobs, oldLogprobs };
      const positive = greater(advantages, 0);
      const up = mul(positive, beyond(p, clip_high, true));
      const down = mul(sub(1, positive), beyond(p, clip_low, false));
      const weight = stopGradient(mul(minimum(exp(tokenLogRatio(tokens)), ratio_cap), sub(1, add(up, down))));
      return { loss: neg(mul(mul(advantages, weight), logprobs)), tokens: { clip_low: down, clip_high: up } };
    },
  };
}

/** By total variation: the probability may move by the bound. */
export const dppoTv = dppo("dppo_tv", "abs(p - p_old)", ({ now, old }, bound, up) => greater(up ? sub(now, old) : sub(old, now), bound));

/** By the divergence of the choice between this token and all others. */
export const dppoKl = dppo("dppo_kl", "the binary KL of p_old and p", ({ now, old, logprobs, oldLogprobs }, bound, up) => {
  const others = log(div(add(sub(1, old), SMALL), add(sub(1, now), SMALL)));
  const divergence = add(mul(old, sub(oldLogprobs, logprobs)), mul(sub(1, old), others));
  // not within, rather than beyond: a divergence that is no number is no reason to go on
  return mul(sub(1, greater(bound, divergence)), up ? greater(now, old) : greater(old, now));
});
