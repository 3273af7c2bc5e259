import { Command } from "commander";
import type { MergeCommandOptions } from "../actions/merge.ts";
import { run } from "../run.ts";

export const merge = new Command("merge")
  .description("merge an adapter into its base model: a whole Hugging Face folder")
  .argument("<adapter>", "a PEFT folder, or a checkpoint of a run with model.lora")
  .requiredOption("--out <folder>", "where the model goes; a folder that is not there yet, or an empty one")
  .option("--base <folder>", "the base model (default: the one that the adapter names)")
  .option("--json", "print what was written as one JSON object")
  .action((adapter: string, options: MergeCommandOptions) =>
    run(async (terminal) => (await import("../actions/merge.ts")).mergeCommand(adapter, options, terminal)),
  );
