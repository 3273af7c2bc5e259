import { Command } from "commander";
import type { GenerateCommandOptions } from "../actions/generate.ts";
import { decimal, whole } from "../parse.ts";
import { run } from "../run.ts";

export const generate = new Command("generate")
  .description("ask a checkpoint about a picture")
  .argument("<checkpoint>", "a checkpoint folder")
  .argument("<question>", "what to ask")
  .option("--image <file>", "the picture")
  .option("--temperature <t>", "0 is greedy (default: 0, or 1 for several samples)", decimal)
  .option("--max-new-tokens <n>", "the longest answer", whole(1))
  .option("--seed <n>", "the same seed gives the same answers", whole(0), 0)
  .option("--samples <n>", "how many answers", whole(1), 1)
  .option("--json", "print the answers as one JSON array")
  .action((checkpoint: string, question: string, options: GenerateCommandOptions) =>
    run(async (terminal) => (await import("../actions/generate.ts")).generateCommand(checkpoint, question, options, terminal)),
  );
