import { Command } from "commander";
import type { ExplainOptions } from "../actions/explain.ts";
import { collect } from "../parse.ts";
import { run } from "../run.ts";

export const explain = new Command("explain")
  .description("say what each stage of a recipe minimises, as a formula with its numbers")
  .argument("<recipe>", "a YAML file, for example configs/quickstart.yaml")
  .option("--set <path=value>", "change a field, for example stages.rl.loss=cispo; repeatable", collect, [])
  .option("--json", "print it as one JSON object")
  .action((recipe: string, options: ExplainOptions) =>
    run(async (terminal) => (await import("../actions/explain.ts")).explainCommand(recipe, options, terminal)),
  );
