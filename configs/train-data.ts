import { z } from "zod";
import { type DatasetSpec, datasetSpec } from "../datasets/index.ts";
import { readLayers } from "./layers.ts";
import { refused } from "./load.ts";
import { check, schemaProblems } from "./problems.ts";
import { Recipe } from "./recipe.ts";
import { applySet } from "./set.ts";
import { at, type MapTree, plain, type Tree } from "./tree.ts";

const DataSection = z.object({ seed: Recipe.shape.seed, data: z.object({ train: datasetSpec }) });

export interface TrainData {
  train: DatasetSpec;
  seed: number;
  /** where relative paths start, absolute */
  folder: string;
}

/**
 * A recipe's `data.train`, or null in a file that has none, such as one that holds only rewards. Other sections are left alone, right or wrong.
 * Throws RecipeError for a section that is there and wrong.
 */
export async function loadTrainData(file: string, { set = [] }: { set?: readonly string[] } = {}): Promise<TrainData | null> {
  const { tree: written, folder, files, problems } = await readLayers(file);
  if (written === null) throw refused(problems, files);
  // assignments of other sections are somebody else's to judge
  const assignments = set.filter((assignment) => /^(data\.|seed=)/.test(assignment));
  const tree = assignments.reduce<Tree>((below, assignment) => applySet(below as MapTree, assignment, folder).tree as Tree, written);
  if (at(tree, ["data", "train"]) === undefined) return null;
  const { data, error } = check(DataSection, plain(tree));
  if (data === undefined) throw refused(schemaProblems(error?.issues ?? [], tree), files);
  return { train: data.data.train, seed: data.seed, folder };
}
