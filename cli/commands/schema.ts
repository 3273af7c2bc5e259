import { Command } from "commander";
import { run } from "../run.ts";

export const schema = new Command("schema")
  .description("print the recipe's JSON Schema, for editors")
  .option("--out <file>", "write it to a file")
  .action((options: { out?: string }) => run(async (terminal) => (await import("../actions/schema.ts")).schemaCommand(options, terminal)));
