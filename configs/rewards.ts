import { z } from "zod";
import { crossChecks } from "./checks.ts";
import { readLayers } from "./layers.ts";
import { refused } from "./load.ts";
import { pathProblems } from "./paths.ts";
import { check, schemaProblems } from "./problems.ts";
import { Recipe } from "./recipe.ts";
import { applySet } from "./set.ts";
import { type MapTree, plain } from "./tree.ts";

const RewardsSections = z.strictObject({ seed: Recipe.shape.seed, rewards: Recipe.shape.rewards, judges: Recipe.shape.judges });

export interface LoadedRewards extends z.infer<typeof RewardsSections> {
  /** where relative paths start, absolute */
  folder: string;
}

/**
 * The rewards of a recipe, or of a file that holds nothing but `rewards` and perhaps `seed` and `judges`. Other sections are left alone, right or wrong.
 * Throws RecipeError with every problem of the rewards at once.
 */
export async function loadRewards(file: string, { set = [] }: { set?: readonly string[] } = {}): Promise<LoadedRewards> {
  const { tree: written, folder, files, problems } = await readLayers(file);
  if (written === null) throw refused(problems, files);
  let tree = written;
  for (const assignment of set) {
    const changed = applySet(tree, assignment, folder);
    tree = changed.tree as MapTree;
    problems.push(...changed.problems);
  }
  const own = rewardsOf(tree);
  const { data, error } = check(RewardsSections, plain(own));
  problems.push(...schemaProblems(error?.issues ?? [], own), ...crossChecks(own));
  const known = new Set(problems.map(({ field }) => field));
  problems.push(...(await pathProblems(own, folder)).filter(({ field }) => !known.has(field)));
  if (problems.length > 0 || data === undefined) throw refused(problems, [...files, ...set.map((assignment) => `--set ${assignment}`)]);
  return { ...data, folder };
}

/** The sections that matter here, and keys that no recipe has: those are mistakes in any case. */
function rewardsOf(tree: MapTree): MapTree {
  const others = new Set(Object.keys(Recipe.shape).filter((key) => !(key in RewardsSections.shape)));
  return { ...tree, entries: new Map([...tree.entries].filter(([key]) => !others.has(key))) };
}
