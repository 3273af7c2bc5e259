import { registry } from "../../core/registry.ts";
import { groupMean, groupSteps } from "./group-mean.ts";

/** Every advantage estimator by its name. A new one is a file and a line here. */
export const advantages = registry("advantage", [groupMean, groupSteps]);
