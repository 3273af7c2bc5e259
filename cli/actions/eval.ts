import { dirname, join, resolve } from "node:path";
import { exists } from "../../core/atomic.ts";
import { UserError } from "../../core/errors.ts";
import type { EvalResult, RunListener } from "../../trainers/events.ts";
import type { RunPlan } from "../../trainers/plan.ts";
import { EXIT } from "../exit.ts";
import { loadPlan } from "../plan.ts";
import { evalTable } from "../terminal/lines.ts";
import { Screen } from "../terminal/screen.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface EvalOptions {
  recipe?: string;
  rows?: number;
  samples?: number;
  json?: boolean;
  set: string[];
}

export type EvaluateCheckpoint = (what: { checkpoint: string; plan: RunPlan }, listener: RunListener) => Promise<EvalResult>;

const loaded: EvaluateCheckpoint = async (what, listener) =>
  (await import("../../trainers/evaluate.ts")).evaluateCheckpoint(what, listener);

/** Evaluates a checkpoint on a recipe's held-out rows; returns the exit code. */
export async function evaluateCommand(
  checkpoint: string,
  { recipe, rows, samples, json, set }: EvalOptions,
  terminal: Terminal,
  evaluate: EvaluateCheckpoint = loaded,
): Promise<number> {
  if (!(await exists(checkpoint))) {
    throw new UserError({
      place: { file: checkpoint },
      message: "there is no such folder",
      cure: "Checkpoints are in checkpoints/ of a run.",
    });
  }
  const changes = [
    ...set,
    ...(rows === undefined ? [] : [`evaluation.rows=${rows}`]),
    ...(samples === undefined ? [] : [`evaluation.samples=${samples}`]),
  ];
  const plan = await loadPlan(recipe ?? (await recipeOfRun(checkpoint)), changes);
  const screen = new Screen(terminal, { quiet: false });
  let result: EvalResult;
  try {
    result = await evaluate({ checkpoint, plan }, (event) => {
      if (!json) screen.show(event);
    });
  } finally {
    screen.close();
  }
  terminal.out(json ? `${JSON.stringify({ checkpoint, eval: result })}\n` : `${evalTable(result, terminal.width()).join("\n")}\n`);
  return EXIT.ok;
}

/** `recipe.yaml` of the run folder that holds a checkpoint: `<run>/checkpoints/<checkpoint>`. */
async function recipeOfRun(checkpoint: string): Promise<string> {
  const folder = dirname(dirname(resolve(checkpoint)));
  const file = join(folder, "recipe.yaml");
  if (await exists(file)) return file;
  throw new UserError({
    place: { file: checkpoint },
    message: `not in a run folder: there is no ${file}`,
    cure: "Say what to evaluate it on: --recipe <file>.",
  });
}
