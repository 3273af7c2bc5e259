import { z } from "zod";
import { registry, unknownName } from "../core/registry.ts";
import type { Dataset, DatasetContext, DatasetDefinition } from "./define.ts";
import { digitSum } from "./digit-sum.ts";
import { imageFolder } from "./image-folder.ts";
import { jsonl } from "./jsonl.ts";

export const datasets = registry<DatasetDefinition>("dataset", [digitSum, jsonl, imageFolder]);

/** A dataset as a recipe names it: its name, and its options beside it. */
export type DatasetSpec = { name: string } & Record<string, unknown>;

/** Any dataset's options with its `name` among them, defaults filled in: the recipe's `dataset` section. */
export const datasetSpec: z.ZodType<DatasetSpec> = specUnion(datasets.entries);

function specUnion(entries: DatasetDefinition[]): z.ZodType<DatasetSpec> {
  const [first, ...rest] = entries.map(({ name, options }) => {
    if (!(options instanceof z.ZodObject)) throw new Error(`the options of dataset "${name}" are not an object`);
    return options.safeExtend({ name: z.literal(name) });
  });
  return z.discriminatedUnion("name", [first!, ...rest], {
    error: ({ input }) => {
      const name = (input as Partial<DatasetSpec> | null | undefined)?.name;
      return typeof name === "string" ? unknownName("dataset", name, datasets.names) : undefined;
    },
  }) as unknown as z.ZodType<DatasetSpec>;
}

/**
 * Opens the dataset that a recipe names.
 *
 * Throws ZodError for an unknown name or an option that does not fit, DataError for files that can't be used.
 */
export async function openDataset(spec: DatasetSpec, context: DatasetContext): Promise<Dataset> {
  const { name, ...options } = datasetSpec.parse(spec);
  return datasets.get(name).open(options, context);
}
