import { join } from "node:path";
import { exists } from "../../core/atomic.ts";
import { UserError } from "../../core/errors.ts";
import { groupBy } from "../../core/group-by.ts";
import type { Scored } from "../../core/types.ts";
import type { Case } from "../../rewards/workbench/cases.ts";
import type { Rescored } from "../../rewards/workbench/rescore.ts";
import { EXIT } from "../exit.ts";
import { shortNumber } from "../terminal/number.ts";
import { table } from "../terminal/table.ts";
import { paint, type Terminal } from "../terminal/terminal.ts";
import { printable, truncate } from "../terminal/text.ts";
import { firstCases, readRun } from "./reward-cases.ts";
import { namedRewards, openScorer } from "./reward-open.ts";
import { headOf } from "./reward-test.ts";

export interface RewardScoreOptions {
  recipe?: string;
  limit?: number;
  set: string[];
  json?: boolean;
}

/** Scores a run's recorded rollouts again, with its own rewards or others, and says what changed; returns the exit code. */
export async function rewardScore(path: string, { recipe, limit, set, json }: RewardScoreOptions, terminal: Terminal): Promise<number> {
  const { compareScorings } = await import("../../rewards/workbench/rescore.ts");
  if (!(await exists(path))) {
    throw new UserError({
      place: { file: path },
      message: "there is no such folder",
      cure: "Name a run folder or one of its rollouts/*.arrow.",
    });
  }
  const run = await readRun(path);
  const cases = firstCases(run.cases, limit);
  const before = cases.map(({ recorded }) => recorded!);
  const after = await scoreByStage(cases, recipe ?? join(run.folder, "recipe.yaml"), set);
  const result = compareScorings(before, after);
  if (json) {
    const examples = result.examples.map((i) => ({
      id: cases[i]!.id,
      completion: cases[i]!.request.completion,
      before: before[i],
      after: after[i],
    }));
    terminal.out(`${JSON.stringify({ ...result, examples, left: run.left })}\n`);
  } else {
    terminal.out(`${reportLines(result, { cases, before, after, left: run.left }, terminal).join("\n")}\n`);
  }
  return EXIT.ok;
}

/** Scores each case by the rewards that the recipe has for its stage: the stage's own, or the recipe's. */
async function scoreByStage(cases: readonly Case[], recipe: string, set: readonly string[]): Promise<Scored[]> {
  const { scoreCases } = await import("../../rewards/workbench/cases.ts");
  const common = await namedRewards(recipe, set);
  const own = ({ stage }: Case) => (stage !== undefined && common.stages.includes(stage) ? stage : undefined);
  const scored: Scored[] = [];
  for (const [stage, members] of groupBy(cases.keys(), (i) => own(cases[i]!))) {
    const scorer = await openScorer(stage === undefined ? common : await namedRewards(recipe, set, stage), recipe);
    try {
      const found = await scoreCases(
        scorer,
        members.map((i) => cases[i]!),
      );
      for (const [m, i] of members.entries()) scored[i] = found[m]!;
    } finally {
      await scorer.close();
    }
  }
  return scored;
}

interface Scorings {
  cases: readonly Case[];
  before: readonly Scored[];
  after: readonly Scored[];
  left: { rows: number; turns: number };
}

function reportLines({ rows, parts, examples }: Rescored, { cases, before, after, left }: Scorings, terminal: Terminal): string[] {
  const number = (value: number | null) => (value === null ? "–" : shortNumber(value));
  const width = Math.max(terminal.width(), 120);
  return [
    `${rows} rollouts`,
    ...(left.rows > 0 ? [`${left.rows} left out: their rows are not in the run's data any more`] : []),
    ...(left.turns > 0 ? [`${left.turns} left out: others wrote parts of them, and where is not recorded`] : []),
    "",
    ...table(
      [
        { title: "part", cells: parts.map(({ name }) => printable(name)) },
        { title: "before", cells: parts.map((part) => number(part.before)), right: true },
        { title: "after", cells: parts.map((part) => number(part.after)), right: true },
        { title: "changed", cells: parts.map(({ changed }) => `${changed} of ${rows}`), right: true },
      ],
      terminal.width(),
    ),
    ...(examples.length === 0 ? [] : ["", paint("changed most", "bold", terminal)]),
    ...examples
      .flatMap((i) => [
        `  ${cases[i]!.id}: reward ${number(before[i]!.reward)} to ${number(after[i]!.reward)}; ${partsText(after[i]!)}`,
        `    ${headOf(cases[i]!.request.completion)}`,
      ])
      .map((line) => truncate(printable(line), width)),
  ];
}

function partsText({ parts }: Scored): string {
  return parts
    .map(
      ({ name, outcome }) =>
        `${name} ${outcome.kind === "score" ? shortNumber(outcome.score) : "message" in outcome ? `${outcome.kind}: ${outcome.message}` : "–"}`,
    )
    .join(" · ");
}
