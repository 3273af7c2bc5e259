export type { LossDefinition, LossOptions, LossResult, LossTensors, Span } from "../../engines/embedded/loss-inputs.ts";
