import { Argument, Command } from "commander";
import type { RewardAuditOptions } from "../actions/reward-audit.ts";
import type { RewardCompareOptions } from "../actions/reward-compare.ts";
import type { RewardNewOptions } from "../actions/reward-new.ts";
import type { RewardScoreOptions } from "../actions/reward-score.ts";
import type { RewardServeOptions } from "../actions/reward-serve.ts";
import type { RewardTestOptions } from "../actions/reward-test.ts";
import { collect, decimal, whole } from "../parse.ts";
import { run } from "../run.ts";

const list = new Command("list")
  .description("name every reward of this package: target, scope, range and what it pays for")
  .argument("[words...]", "only rewards that have each of these in their name, family or line")
  .option("--json", "print one JSON object a reward")
  .action((words: string[], options: { json?: boolean }) =>
    run(async (terminal) => (await import("../actions/reward-list.ts")).rewardList(words, options, terminal)),
  );

const show = new Command("show")
  .description("what a reward says of itself: its comment, target, options with defaults, range, version, source file")
  .argument("<name>", "a reward of this package")
  .option("--json", "print one JSON object")
  .action((name: string, options: { json?: boolean }) =>
    run(async (terminal) => (await import("../actions/reward-list.ts")).rewardShow(name, options, terminal)),
  );

const create = new Command("new")
  .description("write a reward file and its test, both of which work as they stand; never over another file")
  .argument("<name>", "small letters and digits, words joined by - or _")
  .option("--out <folder>", "where to", ".")
  .option("--json", "print the two paths as one JSON object")
  .action((name: string, options: RewardNewOptions) =>
    run(async (terminal) => (await import("../actions/reward-new.ts")).rewardNew(name, options, terminal)),
  );

const audit = new Command("audit")
  .description("play policies that deserve nothing against a recipe's rewards; exit code 3 where one is paid too much")
  .argument("<recipe>", "a recipe, a YAML file that holds only rewards, a reward file, or a reward of this package by name")
  .option("--rows <n>", "so many of its rows", whole(1), 16)
  .option("--data <file>", "a JSONL or Parquet file of rows, in place of the recipe's data.train")
  .option("--limit <share>", "what a policy may have of the honest reward (default: 0.5)", decimal)
  .option("--response-field <name>", "a field of the rows that holds a right response; repeatable", collect, [])
  .option("--stage <name>", "audit the rewards of this stage alone (default: the recipe's, and those that stages have of their own)")
  .option("--set <path=value>", "change a field of the recipe; repeatable", collect, [])
  .option("--json", "print one JSON object a report")
  .action((recipe: string, options: RewardAuditOptions) =>
    run(async (terminal) => (await import("../actions/reward-audit.ts")).rewardAudit(recipe, options, terminal)),
  );

const test = new Command("test")
  .description("run rewards on completions: a table, a histogram, times, and the cases that are worth a look")
  .argument("<what>", "a reward file (.ts, .js), a reward of this package by name, or a recipe")
  .argument("<data>", "a JSONL or Parquet file of rows with a completion each, a rollouts/*.arrow file, or a run folder")
  .option("--limit <n>", "so many completions at most", whole(1))
  .option("--watch", "run again whenever a reward file or the recipe changes")
  .option("--stage <name>", "by the rewards of this stage of the recipe")
  .option("--set <path=value>", "change a field of the recipe; repeatable", collect, [])
  .option("--json", "print one JSON object")
  .action((what: string, data: string, options: RewardTestOptions) =>
    run(async (terminal) => (await import("../actions/reward-test.ts")).rewardTest(what, data, options, terminal)),
  );

const score = new Command("score")
  .description("score a run's recorded rollouts again, with its own rewards or changed ones, and say what changed")
  .argument("<run>", "a run folder, or one of its rollouts/*.arrow")
  .option("--recipe <file>", "whose rewards (default: the run's own)")
  .option("--limit <n>", "so many rollouts, and the rest of the last one's group", whole(1))
  .option("--set <path=value>", "change a field of the recipe; repeatable", collect, [])
  .option("--json", "print one JSON object")
  .action((path: string, options: RewardScoreOptions) =>
    run(async (terminal) => (await import("../actions/reward-score.ts")).rewardScore(path, options, terminal)),
  );

const compare = new Command("compare")
  .description("how far two rewards agree on the same completions: confusion, Kendall's tau, where they differ most")
  .argument("<a>", "a reward file, a reward of this package by name, or a recipe")
  .argument("<b>", "another one")
  .argument("<data>", "a JSONL or Parquet file of rows with a completion each, a rollouts/*.arrow file, or a run folder")
  .option("--stage-a <name>", "the stage of recipe a whose rewards are meant")
  .option("--stage-b <name>", "the stage of recipe b whose rewards are meant")
  .option("--threshold-a <score>", "what a calls good (default: the middle of its scores)", decimal)
  .option("--threshold-b <score>", "what b calls good (default: the middle of its scores)", decimal)
  .option("--most <n>", "so many of the completions that they rank most differently", whole(0), 5)
  .option("--json", "print one JSON object")
  .action((a: string, b: string, data: string, options: RewardCompareOptions) =>
    run(async (terminal) => (await import("../actions/reward-compare.ts")).rewardCompare(a, b, data, options, terminal)),
  );

const serve = new Command("serve")
  .description("score completions for other trainers over HTTP: OpenRLHF, slime, verl, TRL")
  .argument("<recipe>", "a recipe, or a YAML file that holds only rewards")
  .option("--port <n>", "0 takes a free one", whole(0), 8000)
  .option("--host <address>", "0.0.0.0 lets other machines in: then give a token", "127.0.0.1")
  .option("--label-field <name>", "the field that a trainer's label or ground truth is put under", "answer")
  .option("--token-file <file>", "a file with the token that requests must bring (default: VLRL_REWARD_TOKEN, else none)")
  .option("--max-body <megabytes>", "the largest request", whole(1), 64)
  .option("--unscored <reward>", "what a completion without a reward gets where the trainer can't skip it (default: an error)", decimal)
  .option("--stage <name>", "the rewards of this stage of the recipe")
  .option("--set <path=value>", "change a field of the recipe; repeatable", collect, [])
  .option("--json", "print the address as one JSON object, and nothing else")
  .action((recipe: string, options: RewardServeOptions) =>
    run(async (terminal) => (await import("../actions/reward-serve.ts")).rewardServe(recipe, options, terminal)),
  );

const shim = new Command("shim")
  .description("print the Python file through which a trainer asks `vlrl reward serve`")
  .addArgument(new Argument("<trainer>", "whose reward function it is").choices(["trl", "verl"]))
  .option("--url <url>", "of the server; VLRL_REWARD_URL overrides it", "http://127.0.0.1:8000")
  .option("--out <file>", "write it there, rather than print it")
  .action((trainer: "trl" | "verl", options: { url: string; out?: string }) =>
    run(async (terminal) => (await import("../actions/reward-shim.ts")).rewardShim(trainer, options, terminal)),
  );

export const reward = new Command("reward")
  .description("work with rewards: look at them, try them, and serve them to other trainers")
  .addCommand(list)
  .addCommand(show)
  .addCommand(create)
  .addCommand(audit)
  .addCommand(test)
  .addCommand(score)
  .addCommand(compare)
  .addCommand(serve)
  .addCommand(shim);
