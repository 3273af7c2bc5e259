import type { Example } from "../core/types.ts";
import type { Dataset } from "../datasets/define.ts";

/** Examples looked at in a dataset without an end before the search is given up. */
const ENOUGH = 200_000;

/**
 * The examples of a dataset with these ids, as far as they are found. An id that ends with its index (`digit_sum/train/000012`) is looked up there
 * first; for others the dataset is read through once.
 */
export async function findExamples(dataset: Dataset, ids: Iterable<string>): Promise<Map<string, Example>> {
  const wanted = new Set(ids);
  const found = new Map<string, Example>();
  for (const id of wanted) {
    const index = Number(/([0-9]{1,15})$/.exec(id)?.[1] ?? Number.NaN);
    if (!(index < dataset.size)) continue;
    const example = await dataset.at(index);
    if (example.id === id) found.set(id, example);
  }
  for (let i = 0; found.size < wanted.size && i < Math.min(dataset.size, ENOUGH); i++) {
    const example = await dataset.at(i);
    if (wanted.has(example.id)) found.set(example.id, example);
  }
  return found;
}
