import { Command, Option } from "commander";
import type { ExportCommandOptions } from "../actions/export.ts";
import { run } from "../run.ts";

export const exportModel = new Command("export")
  .description("write a checkpoint as a Hugging Face folder with a model card, for Python or transformers.js")
  .argument("<checkpoint>", "a checkpoint folder, for example runs/quickstart/checkpoints/rl-step-000100")
  .requiredOption("--out <folder>", "where the model goes; a folder that is not there yet, or an empty one")
  .addOption(new Option("--format <format>", "onnx adds the files that transformers.js loads").choices(["hf", "onnx"]).default("hf"))
  .option("--adapter", "keep an adapter as it is, for PEFT (default: merge it into its base model)")
  .option("--json", "print what was written as one JSON object")
  .action((checkpoint: string, options: ExportCommandOptions) =>
    run(async (terminal) => (await import("../actions/export.ts")).exportCommand(checkpoint, options, terminal)),
  );
