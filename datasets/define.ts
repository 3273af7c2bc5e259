import type { z } from "zod";
import type { Example } from "../core/types.ts";

export interface DatasetContext {
  /** folder that relative paths in options are resolved against: the recipe's own */
  folder: string;
  /** the run's seed */
  seed: number;
}

/** A stream of examples that can be entered anywhere: `at(i)` is the i-th example of the seeded order. Nothing is held in memory but an index. */
export interface Dataset {
  /** how many examples there are; Infinity for a generator without an end */
  size: number;
  at(index: number): Promise<Example>;
}

export interface DatasetDefinition<Options extends z.ZodType = z.ZodType> {
  name: string;
  options: Options;
  open(options: z.infer<Options>, context: DatasetContext): Promise<Dataset>;
}

/** A dataset by its name, the options a recipe may give it, and how to open it. */
export function defineDataset<Options extends z.ZodType>(definition: DatasetDefinition<Options>): DatasetDefinition<Options> {
  return definition;
}
