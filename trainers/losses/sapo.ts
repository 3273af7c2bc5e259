import { div, exp, greater, mul, neg, sigmoid, sub, where } from "../../engines/graph/build.ts";
import { logRatio, type PolicyLoss, ratioText } from "./policy.ts";

/**
 * A soft gate in place of the clip: loss = -(4 / tau) sigmoid(tau (r - 1)) A, tau by the sign of A. Its slope at r = 1 is that of r A and fades
 * on both sides. Shapes [N], nats. Source: SAPO (arXiv:2511.20347), as in TRL and verl.
 */
export const sapo: PolicyLoss = {
  name: "sapo",
  source: "SAPO (arXiv:2511.20347)",
  reads: ["ratio", "tau_pos", "tau_neg"],
  defaults: { aggregation: "sequence_mean_token_mean" },
  formula: ({ ratio, tau_pos, tau_neg }) =>
    `-(4 / tau) sigmoid(tau (r - 1)) A, tau = ${tau_pos} where A > 0, else ${tau_neg}, ${ratioText(ratio)}`,
  silent: "A = 0; fades as r leaves 1",
  term(tokens, { ratio: level, tau_pos, tau_neg }) {
    const advantages = tokens.field("advantages");
    const tau = where(greater(advantages, 0), tau_pos, tau_neg);
    const gate = sigmoid(mul(tau, sub(exp(logRatio(tokens, level)), 1)));
    return { loss: neg(mul(mul(div(4, tau), gate), advantages)), tokens: {} };
  },
};
