import { Command } from "commander";
import type { EvalOptions } from "../actions/eval.ts";
import { collect, whole } from "../parse.ts";
import { run } from "../run.ts";

export const evaluate = new Command("eval")
  .description("evaluate a checkpoint on a recipe's held-out rows: accuracy, pass@k, mean rewards")
  .argument("<checkpoint>", "a checkpoint folder, for example runs/quickstart/checkpoints/rl-step-000100")
  .option("--recipe <file>", "data and rewards (default: recipe.yaml of the run that holds the checkpoint)")
  .option("--rows <n>", "how many held-out rows", whole(1))
  .option("--samples <k>", "completions of each prompt, for pass@k", whole(1))
  .option("--set <path=value>", "change a field of the recipe; repeatable", collect, [])
  .option("--json", "print one JSON object")
  .action((checkpoint: string, options: EvalOptions) =>
    run(async (terminal) => (await import("../actions/eval.ts")).evaluateCommand(checkpoint, options, terminal)),
  );
