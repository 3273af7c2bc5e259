import { basename } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { Scored } from "../../core/types.ts";
import type { Case } from "../../rewards/workbench/cases.ts";
import type { Bin, PartStats, Strange } from "../../rewards/workbench/stats.ts";
import { EXIT } from "../exit.ts";
import { onInterrupt } from "../interrupt.ts";
import { bar } from "../terminal/bar.ts";
import { shortNumber } from "../terminal/number.ts";
import { table } from "../terminal/table.ts";
import { paint, type Terminal } from "../terminal/terminal.ts";
import { printable, truncate } from "../terminal/text.ts";
import { readCases } from "./reward-cases.ts";
import { atOnce, namedRewards, openScorer } from "./reward-open.ts";
import { watchFiles } from "./watch-files.ts";

export interface RewardTestOptions {
  limit?: number;
  stage?: string;
  set: string[];
  watch?: boolean;
  json?: boolean;
}

/** Characters of a completion that are shown. */
const HEAD = 100;
const BAR = 30;

/** Runs rewards on recorded completions and says what came of it, again whenever they change where it watches; returns the exit code. */
export async function rewardTest(
  what: string,
  data: string,
  options: RewardTestOptions,
  terminal: Terminal,
  stop?: AbortSignal,
): Promise<number> {
  if (!options.watch) return once(what, data, options, terminal);
  const interrupt = onInterrupt(
    () => {},
    () => {},
  );
  const signal = stop === undefined ? interrupt.signal : AbortSignal.any([stop, interrupt.signal]);
  try {
    const again = async () => {
      try {
        await once(what, data, options, terminal);
      } catch (error) {
        // a file that does not load is what one watches for
        if (!(error instanceof UserError)) throw error;
        terminal.err(`${error.message}\n`);
      }
    };
    const { files } = await namedRewards(what, options.set, options.stage);
    await again();
    terminal.err(`Watching ${files.map((file) => basename(file)).join(", ")}: it runs again when one changes. Ctrl-C ends it.\n`);
    await watchFiles(files, again, signal);
  } finally {
    interrupt.restore();
  }
  return EXIT.ok;
}

async function once(what: string, data: string, { limit, stage, set, json }: RewardTestOptions, terminal: Terminal): Promise<number> {
  const [{ scoreCases }, { statsOf, histogram, strangest }] = await Promise.all([
    import("../../rewards/workbench/cases.ts"),
    import("../../rewards/workbench/stats.ts"),
  ]);
  const named = await namedRewards(what, set, stage);
  const scorer = await openScorer(named, what);
  try {
    const cases = await readCases(data, Object.values(scorer.targets ?? {}), limit);
    const scored = await scoreCases(scorer, cases, { atOnce: await atOnce(named, scorer) });
    const stats = statsOf(scored);
    const rewards = scored.flatMap(({ reward }) => (reward === null ? [] : [reward]));
    const bins = histogram(rewards);
    const strange = strangest(scored);
    if (json) {
      const named = strange.map(({ index, ...rest }) => ({ id: cases[index]!.id, ...rest }));
      terminal.out(`${JSON.stringify({ rows: cases.length, stats, histogram: bins, strange: named })}\n`);
    } else {
      terminal.out(`${reportLines(cases, scored, { stats, bins, strange }, terminal).join("\n")}\n`);
    }
    return EXIT.ok;
  } finally {
    await scorer.close();
  }
}

function reportLines(
  cases: readonly Case[],
  scored: readonly Scored[],
  { stats, bins, strange }: { stats: PartStats[]; bins: Bin[]; strange: Strange[] },
  terminal: Terminal,
): string[] {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return [
    `${cases.length} completions`,
    "",
    ...statsTable(stats, terminal.width()),
    "",
    paint("reward", "bold", terminal),
    ...bins.map(
      ({ low, high, count }) => `  ${shortNumber(low).padStart(9)} to ${shortNumber(high).padEnd(9)} ${bar(count / most, BAR)} ${count}`,
    ),
    ...(strange.length === 0 ? [] : ["", paint("worth a look", "bold", terminal)]),
    ...strange.flatMap(({ index, part, why, detail }) => [
      truncate(
        printable(`  ${cases[index]!.id}: ${part} ${why.replace("_", " ")}${detail === "" ? "" : `: ${detail.split("\n")[0]}`}`),
        Math.max(terminal.width(), 160),
      ),
      truncate(printable(`    ${headOf(cases[index]!.request.completion)}${rewardText(scored[index]!)}`), Math.max(terminal.width(), 160)),
    ]),
  ];
}

/** One line a part; times only where something was asked. */
export function statsTable(stats: readonly PartStats[], width: number): string[] {
  const number = (value: number | null) => (value === null ? "–" : shortNumber(value));
  const cells = (pick: (one: PartStats) => string) => stats.map(pick);
  return table(
    [
      { title: "part", cells: cells(({ name }) => printable(name)) },
      { title: "mean", cells: cells(({ mean }) => number(mean)), right: true },
      { title: "std", cells: cells(({ std }) => number(std)), right: true },
      { title: "min", cells: cells(({ min }) => number(min)), right: true, drop: 2 },
      { title: "max", cells: cells(({ max }) => number(max)), right: true, drop: 2 },
      { title: "scored", cells: cells(({ scored }) => String(scored)), right: true },
      { title: "n/a", cells: cells(({ not_applicable }) => String(not_applicable)), right: true },
      { title: "errors", cells: cells(({ errors }) => String(errors)), right: true },
      { title: "timeouts", cells: cells(({ timeouts }) => String(timeouts)), right: true },
      { title: "p50 ms", cells: cells(({ p50_ms }) => number(p50_ms)), right: true, drop: 1 },
      { title: "p95 ms", cells: cells(({ p95_ms }) => number(p95_ms)), right: true, drop: 1 },
    ],
    width,
  );
}

/** The beginning of a completion, as JSON writes it. */
export function headOf(completion: string): string {
  return JSON.stringify(completion.length > HEAD ? `${completion.slice(0, HEAD)}…` : completion);
}

function rewardText({ reward }: Scored): string {
  return reward === null ? "" : ` · reward ${shortNumber(reward)}`;
}
