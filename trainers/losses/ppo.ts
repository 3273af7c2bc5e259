import { add, mul, stopGradient, sum } from "../../engines/graph/build.ts";
import type { LossDefinition } from "./define.ts";
import { type PolicyLoss, type TermOptions, withTerms } from "./policy.ts";
import { valueLoss } from "./value.ts";

export interface PpoOptions extends TermOptions {
  /** how far a value may step from the old one; null sets no limit */
  value_clip: number | null;
}

/**
 * A policy loss and its critic's: sum of weights * policy term + valueWeights * value loss. `oldValues` and `returns` are fields, the values
 * come from the policy's critic. Source: PPO (arXiv:1707.06347).
 */
export function withCritic(name: string, policy: PolicyLoss): LossDefinition {
  const terms = withTerms(policy);
  return {
    name,
    build(tokens, given) {
      const { value_clip } = given as unknown as PpoOptions;
      const { loss, metrics, tokens: ofPolicy } = terms.build(tokens, given);
      const values = tokens.values();
      const off = valueLoss({ values, oldValues: tokens.field("oldValues"), returns: tokens.field("returns") }, value_clip);
      const perToken = { values, value_loss: off.loss, value_clipped: off.clipped };
      return {
        loss: add(loss, sum(mul(tokens.field("valueWeights"), off.loss))),
        metrics,
        tokens: { ...ofPolicy, ...Object.fromEntries(Object.entries(perToken).map(([key, x]) => [key, stopGradient(x)])) },
      };
    },
  };
}
