import { registry } from "../../core/registry.ts";
import { clippedLosses } from "./clipped.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { dft } from "./dft.ts";
import { withTerms } from "./policy.ts";
import { withCritic } from "./ppo.ts";

/** Every loss that an sft stage can have. */
export const likelihoodLosses = registry("loss", [crossEntropy, dft]);

/** Every loss that a grpo stage can have. A new one is a file and a line here. */
export const policyLosses = registry("loss", [...clippedLosses]);

/** Every loss an engine can be asked for by name. */
export const losses = registry("loss", [
  ...likelihoodLosses.entries,
  ...policyLosses.entries.map(withTerms),
  withCritic("ppo", policyLosses.get("grpo")),
]);
