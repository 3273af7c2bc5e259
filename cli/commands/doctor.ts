import { Command } from "commander";
import type { DoctorOptions } from "../actions/doctor.ts";
import { run } from "../run.ts";

export const doctor = new Command("doctor")
  .description("check what vlrl needs of this machine")
  .option("--json", "print the findings as one JSON array")
  .option("--full", "load every device, hold what it computes against float64, and measure it")
  .option("--device <name>", "the same for one: wasm, tfjs-wasm, or tfjs for all of its own")
  .action((options: DoctorOptions) => run(async (terminal) => (await import("../actions/doctor.ts")).doctor(options, terminal)));
