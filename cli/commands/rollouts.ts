import { Command, Option } from "commander";
import type { RolloutsOptions } from "../actions/rollouts.ts";
import { whole } from "../parse.ts";
import { run } from "../run.ts";

export const rollouts = new Command("rollouts")
  .description("page through the rollouts of a step, group by group")
  .argument("<path>", "a rollouts/*.arrow file, or a run folder for its newest")
  .option("--group <n>", "only this group", whole(0))
  .option("--limit <n>", "so many groups at most", whole(1))
  .addOption(new Option("--sort <by>", "order of groups and of completions in them").choices(["order", "reward"]).default("order"))
  .option("--json", "print the rollouts as JSON, one a line")
  .action((path: string, options: RolloutsOptions) =>
    run(async (terminal) => (await import("../actions/rollouts.ts")).rolloutsCommand(path, options, terminal)),
  );
