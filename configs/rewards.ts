import { z } from "zod";
import { type Problem, UserError } from "../core/errors.ts";
import { unknownName } from "../core/registry.ts";
import { crossChecks } from "./checks.ts";
import { readLayers } from "./layers.ts";
import { refused } from "./load.ts";
import { pathProblems } from "./paths.ts";
import { check, schemaProblems } from "./problems.ts";
import { Recipe } from "./recipe.ts";
import { applySet } from "./set.ts";
import { child, type ListTree, type MapTree, plain, type Tree } from "./tree.ts";
import { sentence } from "./wording.ts";

const RewardsSections = z.strictObject({ seed: Recipe.shape.seed, rewards: Recipe.shape.rewards, judges: Recipe.shape.judges });

export interface LoadedRewards extends z.infer<typeof RewardsSections> {
  /** where relative paths start, absolute */
  folder: string;
  /** names of the stages that have rewards of their own */
  stages: string[];
}

export interface LoadRewards {
  set?: readonly string[];
  /** the stage by whose rewards to score: its own, or the recipe's where it has none */
  stage?: string | undefined;
}

/**
 * The rewards of a recipe or of one of its stages, or of a file that holds nothing but `rewards` and perhaps `seed` and `judges`. Other sections are
 * left alone, right or wrong. Throws RecipeError with every problem of the rewards at once, and UserError for a stage that is not there.
 */
export async function loadRewards(file: string, { set = [], stage }: LoadRewards = {}): Promise<LoadedRewards> {
  const { tree: written, folder, files, problems } = await readLayers(file);
  if (written === null) throw refused(problems, files);
  let tree = written;
  for (const assignment of set) {
    const changed = applySet(tree, assignment, folder);
    tree = changed.tree as MapTree;
    problems.push(...changed.problems);
  }
  const stages = stagesOf(tree);
  const index = stage === undefined ? null : indexOf(stage, stages, file);
  const stageRewards = index === null ? null : stages[index]!.rewards;
  const own = rewardsOf(tree, stageRewards);
  const found: Problem[] = [];
  const { data, error } = check(RewardsSections, plain(own));
  found.push(...schemaProblems(error?.issues ?? [], own), ...crossChecks(own));
  const known = new Set(found.map(({ field }) => field));
  found.push(...(await pathProblems(own, folder)).filter(({ field }) => !known.has(field)));
  problems.push(...(stageRewards === null ? found : found.map((problem) => inStage(problem, index!))));
  if (problems.length > 0 || data === undefined) throw refused(problems, [...files, ...set.map((assignment) => `--set ${assignment}`)]);
  return { ...data, folder, stages: stages.flatMap(({ name, rewards }) => (rewards === null ? [] : [name])) };
}

interface WrittenStage {
  name: string;
  /** its own; null where it has none */
  rewards: ListTree | null;
}

function stagesOf(tree: Tree): WrittenStage[] {
  const stages = child(tree, "stages");
  if (stages?.kind !== "list") return [];
  return stages.items.map((stage) => {
    const [name, rewards] = [child(stage, "name"), child(stage, "rewards")];
    return { name: name === undefined ? "" : String(plain(name)), rewards: rewards?.kind === "list" ? rewards : null };
  });
}

function indexOf(name: string, stages: WrittenStage[], file: string): number {
  const names = stages.map((stage) => stage.name);
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new UserError({ place: { file }, field: "stages", ...sentence(unknownName("stage of this recipe", name, names)) });
}

/** The sections that matter here, with a stage's rewards in place of the recipe's, and keys that no recipe has: those are mistakes in any case. */
function rewardsOf(tree: MapTree, stageRewards: ListTree | null): MapTree {
  const others = new Set(Object.keys(Recipe.shape).filter((key) => !(key in RewardsSections.shape)));
  const entries = new Map([...tree.entries].filter(([key]) => !others.has(key)));
  if (stageRewards !== null) entries.set("rewards", { key: stageRewards.place, value: stageRewards });
  return { ...tree, entries };
}

/** A problem of a stage's rewards, found where the recipe's stood in for them. */
function inStage(problem: Problem, index: number): Problem {
  return /^rewards\b/.test(problem.field ?? "") ? { ...problem, field: `stages.${index}.${problem.field}` } : problem;
}
