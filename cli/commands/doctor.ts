import { Command } from "commander";
import { run } from "../run.ts";

export const doctor = new Command("doctor")
  .description("check what vlrl needs of this machine")
  .option("--json", "print the findings as one JSON array")
  .action((options: { json?: boolean }) => run(async (terminal) => (await import("../actions/doctor.ts")).doctor(options, terminal)));
