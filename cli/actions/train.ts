import { join } from "node:path";
import { completedRecipe } from "../../configs/older.ts";
import { formula } from "../../rewards/algebra/formula.ts";
import type { Estimate } from "../../trainers/estimate.ts";
import type { RunListener, RunSummary } from "../../trainers/events.ts";
import type { RunControl, RunPlan } from "../../trainers/plan.ts";
import { ownRewards } from "../../trainers/stage-rewards.ts";
import { EXIT } from "../exit.ts";
import { onInterrupt } from "../interrupt.ts";
import { loadPlan } from "../plan.ts";
import { grouped } from "../terminal/number.ts";
import { Screen } from "../terminal/screen.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { printable } from "../terminal/text.ts";

export interface TrainOptions {
  set: string[];
  runDir?: string;
  /** true where there must be something to resume, "auto" where there may be, or a checkpoint folder */
  resume?: true | string;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** The parts of `trainers/` that this command drives, loaded when it runs. */
export interface Trainer {
  runPlan(plan: RunPlan, control: RunControl): Promise<RunSummary>;
  estimate(plan: RunPlan): Promise<Omit<Estimate, "trained">>;
}

const loaded: Trainer = {
  runPlan: async (plan, control) => (await import("../../trainers/run.ts")).runPlan(plan, control),
  estimate: async (plan) => (await import("../../trainers/estimate.ts")).estimate(plan),
};

/** Trains from a recipe; returns the exit code. */
export async function train(file: string, options: TrainOptions, terminal: Terminal, trainer: Trainer = loaded): Promise<number> {
  const plan = await loadPlan(file, options.set);
  if (options.dryRun) return dryRun(plan, options, terminal, trainer);
  const runDir = options.runDir ?? join("runs", plan.name);
  const screen = new Screen(terminal, { quiet: options.quiet ?? false });
  let stopped = false;
  const listener: RunListener = (event) => {
    if (event.type === "end") stopped = event.interrupted;
    if (options.json) terminal.out(`${JSON.stringify(event)}\n`);
    else screen.show(event);
  };
  const say = (line: string) => (options.json ? terminal.err(`${line}\n`) : screen.print(line));
  const interrupt = onInterrupt(
    () => say("finishing the step, saving; press again to stop at once"),
    () => screen.close(),
  );
  try {
    const control = { runDir, ...resumption(options.resume), signal: interrupt.signal, listener, completed: completedRecipe };
    await trainer.runPlan(plan, control);
  } finally {
    interrupt.restore();
    screen.close();
  }
  if (!stopped) return EXIT.ok;
  say(`stopped. Go on with:\n  ${resumeCommand(file, options)}`);
  return EXIT.interrupted;
}

function resumption(resume: TrainOptions["resume"]): Pick<RunControl, "resume" | "from"> {
  if (resume === undefined) return { resume: "no" };
  if (resume === true) return { resume: "must" };
  return resume === "auto" ? { resume: "auto" } : { resume: "must", from: resume };
}

/** The command that goes on with an interrupted run, ready to paste. */
export function resumeCommand(file: string, { set, runDir }: Pick<TrainOptions, "set" | "runDir">): string {
  const words = [file, ...set.flatMap((assignment) => ["--set", assignment]), ...(runDir === undefined ? [] : ["--run-dir", runDir])];
  return ["vlrl train", ...words.map(quoted), "--resume"].join(" ");
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A row further on may be longer than any of these. */
function rowsLine(rows: Estimate["rows"]): string {
  const held = rows.eval === 0 ? "" : `, ${grouped(rows.eval)} of data.eval`;
  return `# nothing wrong with the model's files, nor with the rows looked at: ${grouped(rows.train)} of data.train${held}`;
}

/** The sums of stages that have rewards of their own, by the stage's name. */
function stageFormulas({ stages }: RunPlan): Record<string, string> {
  const own = stages.map((stage) => ({ name: stage.name, rewards: ownRewards(stage) }));
  return Object.fromEntries(own.flatMap(({ name, rewards }) => (rewards === null ? [] : [[name, formula(rewards)]])));
}

async function dryRun(plan: RunPlan, { json }: TrainOptions, terminal: Terminal, trainer: Trainer): Promise<number> {
  const estimate = await trainer.estimate(plan);
  if (json) {
    const { folder, recipeText, ...recipe } = plan;
    const formulas = { formula: formula(plan.rewards), stage_formulas: stageFormulas(plan) };
    terminal.out(`${JSON.stringify({ recipe, folder, ...formulas, estimate })}\n`);
    return EXIT.ok;
  }
  const tokens = estimate.tokens_per_step.map(({ stage, tokens }) => `# ${printable(stage)}: about ${grouped(tokens)} tokens a step`);
  // Comments, so that what is printed is a recipe again.
  const own = Object.entries(stageFormulas(plan)).map(([name, sum]) => `${name}: ${sum}`);
  const sums = [formula(plan.rewards), ...own].flatMap((sum) => sum.split("\n"));
  const lines = [
    ...sums.map((line) => `# ${printable(line)}`),
    `# ${grouped(estimate.parameters)} parameters, about ${grouped(estimate.memory_mb)} MB of memory`,
    ...tokens,
    rowsLine(estimate.rows),
  ];
  terminal.out(`${plan.recipeText}${lines.join("\n")}\n`);
  return EXIT.ok;
}
