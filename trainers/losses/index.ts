import { registry } from "../../core/registry.ts";
import { clippedLosses } from "./clipped.ts";
import { clipCov, klCov } from "./covariance.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { dft } from "./dft.ts";
import { dppoKl, dppoTv } from "./dppo.ts";
import { dro } from "./dro.ts";
import { geoMean } from "./geo-mean.ts";
import { gspoToken } from "./gspo-token.ts";
import { withTerms } from "./policy.ts";
import { withCritic } from "./ppo.ts";
import { sapo } from "./sapo.ts";
import { vespo } from "./vespo.ts";
import { cispo, cispoRelative, gpg, reinforce } from "./weighted.ts";

/** Every loss that an sft stage can have. */
export const likelihoodLosses = registry("loss", [crossEntropy, dft]);

/** Every loss that a grpo stage can have. A new one is a file and a line here. */
export const policyLosses = registry("loss", [
  ...clippedLosses,
  gspoToken,
  geoMean,
  cispo,
  cispoRelative,
  sapo,
  vespo,
  dppoTv,
  dppoKl,
  clipCov,
  klCov,
  dro,
  reinforce,
  gpg,
]);

/** Every loss an engine can be asked for by name. */
export const losses = registry("loss", [
  ...likelihoodLosses.entries,
  ...policyLosses.entries.map(withTerms),
  withCritic("ppo", policyLosses.get("grpo")),
]);
