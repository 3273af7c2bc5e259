import { clip, exp, greater, minimum, mul, stopGradient, sub, sum, type Tensor } from "../../engines/graph/build.ts";
import type { LossDefinition } from "./define.ts";

/**
 * Clipped policy-gradient loss with a KL penalty to the reference policy.
 *
 * Shapes: every tensor [N], one entry per token of the micro-batch, rollouts laid end to end. Units: nats.
 *   ratio = exp(logprob - oldLogprob), oldLogprob from the policy that sampled the token
 *   k3    = exp(d) - d - 1, d = refLogprob - logprob, a KL estimate that is never negative
 *   loss  = sum of weight * (kl_coef * k3 - min(ratio * A, clip(ratio, 1 - clip_low, 1 + clip_high) * A))
 * `weights` carry the aggregation and the mask, so the loss is a plain sum. At kl_coef 0 no reference logprobs are asked for.
 * Metrics are sums over tokens of weight > 0.
 * Source: GRPO, DeepSeekMath (arXiv:2402.03300); asymmetric clip as in DAPO (arXiv:2503.14476).
 */
export const grpoLoss: LossDefinition = {
  name: "grpo",
  fields: ({ kl_coef = 0 }) => ["oldLogprobs", "advantages", ...(kl_coef > 0 ? ["refLogprobs"] : [])],
  build(tokens, { clip_low = 0.2, clip_high = 0.2, kl_coef = 0 }) {
    const { logprobs } = tokens;
    const [oldLogprobs, advantages, weights] = [tokens.field("oldLogprobs"), tokens.field("advantages"), tokens.field("weights")];
    const ratio = exp(sub(logprobs, oldLogprobs));
    const surrogate = minimum(mul(ratio, advantages), mul(clip(ratio, 1 - clip_low, 1 + clip_high), advantages));
    const trained = greater(weights, 0);
    const count = (x: Tensor) => sum(mul(trained, stopGradient(x)));
    const metrics: Record<string, Tensor> = {
      ratio: count(ratio),
      clip_low: count(mul(greater(1 - clip_low, ratio), greater(0, advantages))),
      clip_high: count(mul(greater(ratio, 1 + clip_high), greater(advantages, 0))),
      entropy: count(tokens.entropies()),
    };
    if (kl_coef === 0) return { loss: sum(mul(weights, mul(surrogate, -1))), metrics };
    const gap = sub(tokens.field("refLogprobs"), logprobs);
    const k3 = sub(sub(exp(gap), gap), 1);
    return { loss: sum(mul(weights, sub(mul(k3, kl_coef), surrogate))), metrics: { ...metrics, kl: count(k3) } };
  },
};
