import type { z } from "zod";
import { registry } from "../core/registry.ts";
import { type Spec, specUnion } from "../core/spec.ts";
import type { Dataset, DatasetContext, DatasetDefinition } from "./define.ts";
import { digitSum } from "./digit-sum.ts";
import { imageFolder } from "./image-folder.ts";
import { jsonl } from "./jsonl.ts";

export const datasets = registry<DatasetDefinition>("dataset", [digitSum, jsonl, imageFolder]);

/** A dataset as a recipe names it: its name, and its options beside it. */
export type DatasetSpec = Spec;

/** Any dataset's options with its `name` among them, defaults filled in: the recipe's `dataset` section. */
export const datasetSpec: z.ZodType<DatasetSpec> = specUnion(datasets);

/**
 * Opens the dataset that a recipe names.
 *
 * Throws ZodError for an unknown name or an option that does not fit, DataError for files that can't be used.
 */
export async function openDataset(spec: DatasetSpec, context: DatasetContext): Promise<Dataset> {
  const { name, ...options } = datasetSpec.parse(spec);
  return datasets.get(name).open(options, context);
}
