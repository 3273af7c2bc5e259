import { registry } from "../../core/registry.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { grpoLoss } from "./grpo.ts";

/** Every loss an engine can be asked for by name. A new one is a file and a line here. */
export const losses = registry("loss", [crossEntropy, grpoLoss]);
