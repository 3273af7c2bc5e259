export type { LossDefinition, LossResult, LossTensors } from "../../engines/embedded/train-graph.ts";
