import { Command } from "commander";
import { doctor } from "./commands/doctor.ts";
import { evaluate } from "./commands/eval.ts";
import { explain } from "./commands/explain.ts";
import { exportModel } from "./commands/export.ts";
import { generate } from "./commands/generate.ts";
import { merge } from "./commands/merge.ts";
import { reward } from "./commands/reward.ts";
import { rollouts } from "./commands/rollouts.ts";
import { schema } from "./commands/schema.ts";
import { train } from "./commands/train.ts";
import { packageVersion } from "./version.ts";

/** Every command of `vlrl`. What a command does is loaded when it runs, so that help and mistakes are answered at once. */
export const program = new Command("vlrl")
  .description("Post-train language and vision-language models from YAML recipes.")
  .version(packageVersion(), "--version", "print the version")
  .addHelpText("after", "\nExample:\n  vlrl train configs/quickstart.yaml");

for (const command of [train, explain, evaluate, generate, rollouts, reward, merge, exportModel, schema, doctor])
  program.addCommand(command);
// Commander ends the process itself unless told otherwise, with code 1 for a mistyped command.
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) command.exitOverride();
