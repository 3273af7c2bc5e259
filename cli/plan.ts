import { type LoadedRecipe, loadRecipe } from "../configs/load.ts";
import type { RunPlan } from "../trainers/plan.ts";

/** A recipe file and the command line's changes as what trainers take. Throws RecipeError. */
export async function loadPlan(file: string, set: readonly string[]): Promise<RunPlan> {
  return toPlan(await loadRecipe(file, { set }));
}

export function toPlan({ recipe, folder, text }: LoadedRecipe): RunPlan {
  return { ...recipe, folder, recipeText: text };
}
