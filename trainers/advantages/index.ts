import { registry } from "../../core/registry.ts";
import { gpgAdvantage, opo, passK, rloo } from "./baselines.ts";
import { gdpo, gdpoWhitened } from "./gdpo.ts";
import { groupMean, groupSteps } from "./group-mean.ts";
import { reinforcePlusPlus, reinforcePlusPlusBaseline } from "./reinforce.ts";

/** Every advantage estimator by its name. A new one is a file and a line here. */
export const advantages = registry("advantage", [
  groupMean,
  groupSteps,
  rloo,
  opo,
  gpgAdvantage,
  passK,
  reinforcePlusPlus,
  reinforcePlusPlusBaseline,
  gdpo,
  gdpoWhitened,
]);
