import { basename } from "node:path";
import { stringify } from "yaml";
import { type Problem, RecipeError } from "../core/errors.ts";
import { crossChecks } from "./checks.ts";
import { readLayers } from "./layers.ts";
import { pathProblems } from "./paths.ts";
import { check, inOrder, schemaProblems } from "./problems.ts";
import { Recipe } from "./recipe.ts";
import { applySet } from "./set.ts";
import { settle } from "./settle.ts";
import { type MapTree, plain } from "./tree.ts";

/** More than these help nobody: what is behind them is counted. */
const MAX_PROBLEMS = 50;

export interface LoadedRecipe {
  recipe: Recipe;
  /** where the recipe's relative paths start, absolute */
  folder: string;
  /** the recipe in YAML, every default filled in; loading it from anywhere gives the same recipe and folder again */
  text: string;
}

/**
 * Reads a recipe, what it extends, and the command line's changes, and checks all of it. Nothing in a recipe is ever executed.
 *
 * Throws RecipeError with every problem at once, each with the place where the wrong value was written.
 */
export async function loadRecipe(file: string, { set = [] }: { set?: readonly string[] } = {}): Promise<LoadedRecipe> {
  const { tree: written, folder, files, problems } = await readLayers(file);
  if (written === null) throw refused(problems, files);
  const places = [...files, ...set.map((assignment) => `--set ${assignment}`)];
  let tree = written;
  for (const assignment of set) {
    const changed = applySet(tree, assignment, folder);
    tree = changed.tree as MapTree;
    problems.push(...changed.problems);
  }
  tree = settle(named(tree, file));
  const { data: recipe, error } = check(Recipe, plain(tree));
  problems.push(...schemaProblems(error?.issues ?? [], tree), ...crossChecks(tree));
  const known = new Set(problems.map(({ field }) => field));
  // A path under a key that should not be there at all has been complained of.
  problems.push(...(await pathProblems(tree, folder)).filter(({ field }) => !known.has(field)));
  if (problems.length > 0 || recipe === undefined) throw refused(problems, places);
  return { recipe, folder, text: recipeText(recipe, folder) };
}

/** A recipe without a name has its file's. */
function named(tree: MapTree, file: string): MapTree {
  if (tree.entries.has("name")) return tree;
  const place = { file, line: 1, column: 1 };
  const name = basename(file).replace(/\.ya?ml$/i, "");
  return { ...tree, entries: new Map([["name", { key: place, value: { kind: "scalar", place, value: name } }], ...tree.entries]) };
}

function recipeText({ name, seed, ...sections }: Recipe, folder: string): string {
  return stringify({ name, seed, folder, ...sections }, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** All problems as one error, in the order of the places that were read, so many that a reader can take them in. */
export function refused(problems: Problem[], places: string[]): RecipeError {
  const sorted = inOrder(problems, places);
  const shown = sorted.slice(0, MAX_PROBLEMS);
  const more = sorted.length - shown.length;
  if (more > 0) shown.push({ place: { file: places[0]! }, message: `and ${more} more problems` });
  return new RecipeError(shown);
}
