import { mul, sub } from "../../engines/graph/build.ts";
import { type PolicyLoss, tokenLogRatio } from "./policy.ts";

/**
 * The policy gradient held to the old policy by a square: loss = -(A lp - dro_beta / 2 (lp - old)^2). Shapes [N], nats.
 * Source: DRO (arXiv:2405.19107), as in verl and Tinker.
 */
export const dro: PolicyLoss = {
  name: "dro",
  source: "DRO (arXiv:2405.19107), as in verl",
  reads: ["dro_beta"],
  formula: ({ dro_beta }) => `-(A lp - ${dro_beta / 2} (lp - old)^2)`,
  silent: "A = dro_beta (lp - old)",
  term(tokens, { dro_beta }) {
    const d = tokenLogRatio(tokens);
    return { loss: sub(mul(mul(d, d), dro_beta / 2), mul(tokens.field("advantages"), tokens.logprobs)), tokens: {} };
  },
};
