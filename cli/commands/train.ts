import { Command } from "commander";
import type { TrainOptions } from "../actions/train.ts";
import { collect } from "../parse.ts";
import { run } from "../run.ts";

export const train = new Command("train")
  .description("train a policy from a recipe")
  .argument("[recipe]", "a YAML file, for example configs/quickstart.yaml")
  .option("--set <path=value>", "change a field, for example stages.rl.steps=4; paths start here; repeatable", collect, [])
  .option("--run-dir <folder>", "where the run goes (default: runs/<name of the recipe>)")
  .option("--resume [checkpoint]", "go on with the run; `auto`: if there is one; or from one of its checkpoints")
  .option("--dry-run", "check the recipe, print it with every default filled in and what it needs, and stop")
  .option("--json", "print the run's events as JSON, one a line")
  .option("--quiet", "print warnings and the results only")
  .addHelpText(
    "after",
    "\nCtrl-C finishes the step, saves and says how to go on; a second one stops at once.\nExit code: 0 done, 2 something to put right, 130 interrupted.",
  )
  .action((recipe: string | undefined, options: TrainOptions, command: Command) => {
    const { file, resume } = recipeOf(recipe, options.resume);
    if (file === undefined) command.error("error: missing required argument 'recipe'");
    return run(async (terminal) => (await import("../actions/train.ts")).train(file, { ...options, resume }, terminal));
  });

/** In `train --resume recipe.yaml` the recipe looks like the option's value. */
function recipeOf(recipe: string | undefined, resume: TrainOptions["resume"]): { file?: string; resume?: TrainOptions["resume"] } {
  if (recipe === undefined && typeof resume === "string" && /\.ya?ml$/i.test(resume)) return { file: resume, resume: true };
  return { file: recipe, resume };
}
