/** What a run's events look like, one pure function each. */
import type { EvalResult, RunEvent, RunSummary } from "../../trainers/events.ts";
import { bar } from "./bar.ts";
import { count, duration, grouped, shortNumber } from "./number.ts";
import { type Column, table } from "./table.ts";
import { printable, textWidth, truncate } from "./text.ts";

type Of<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

/** Keys of an evaluation that have a place of their own in a line or a table. */
const OWN_PLACE = ["n", "accuracy", "accuracy_low", "accuracy_high", "reward"];

export interface StageProgress {
  name: string;
  step: number;
  steps: number;
  metrics: Record<string, number>;
  /** seconds until the stage's last step; null while there is nothing to judge by */
  left: number | null;
  /** what goes on inside of a step, or after one */
  inside: { what: "eval" | "sample"; done: number; total: number } | null;
}

/** Numbers of preferences, by the words for them. */
const PREFERENCE = { "rewards/accuracies": "right", "rewards/margins": "margin" };

/** A step's numbers, the most telling first: a reward and its first part, or a loss; preferences; speed; the other parts. */
function headlines(metrics: Record<string, number>): string[] {
  const parts = Object.entries(metrics).flatMap(([key, value]): [string, string][] => {
    const name = /^rewards\/(.+)\/mean$/.exec(key)?.[1];
    return name === undefined ? [] : [[printable(name), shortNumber(value)]];
  });
  const named = (key: string, word = key): [string, string][] => (metrics[key] === undefined ? [] : [[word, shortNumber(metrics[key])]]);
  const preference = Object.entries(PREFERENCE).flatMap(([key, word]) => named(key, word));
  const speed = metrics["perf/tokens_per_s"];
  const first = [...named("reward"), ...parts.slice(0, 1), ...named("loss"), ...preference].map((words) => words.join(" "));
  return [...first, ...(speed === undefined ? [] : [`${count(speed)} tok/s`]), ...parts.slice(1).map((words) => words.join(" "))];
}

function insideText({ inside }: StageProgress): string[] {
  return inside === null ? [] : [`${inside.what} ${inside.done}/${inside.total}`];
}

/** The one line at the bottom of a live screen; parts that find no room are left out, the last first. */
export function liveLine(progress: StageProgress, width: number): string {
  const { name, step, steps, left, metrics } = progress;
  if (name === "" && progress.inside !== null) return liveLine({ ...progress, name: progress.inside.what, inside: null }, width);
  const head = `${printable(name)} ${bar(step / steps, Math.max(8, Math.min(28, Math.floor(width / 4))))} ${step}/${steps}`;
  const parts = [...(left === null || step === steps ? [] : [`${duration(left)} left`]), ...insideText(progress), ...headlines(metrics)];
  let line = head;
  for (const part of parts) {
    if (textWidth(line) + textWidth(part) + 3 > width) break;
    line += ` · ${part}`;
  }
  return truncate(line, width);
}

/** A step in a log. */
export function stepLine(progress: StageProgress): string {
  const { name, step, steps, left, metrics } = progress;
  const share = `${Math.floor((100 * step) / steps)}%`;
  const parts = [...headlines(metrics), ...(left === null || step === steps ? [] : [`${duration(left)} left`])];
  return [`${printable(name)} ${step}/${steps} ${share}`, ...parts].join(" · ");
}

/** How far a long evaluation is, in a log. */
export function insideLine(progress: StageProgress): string {
  return [...(progress.name === "" ? [] : [printable(progress.name)]), ...insideText(progress)].join(" · ");
}

export function runLine({ folder, parameters, device, resumedFrom }: Of<"run">): string {
  const from = resumedFrom === null ? "" : ` · resumed from ${printable(resumedFrom.stage)} step ${resumedFrom.step}`;
  return `run ${printable(folder)} · ${grouped(parameters)} parameters · ${printable(device)}${from}`;
}

export function stageLine({ name, kind, steps, from }: Of<"stage">): string {
  return `stage ${printable(name)} · ${kind} · ${grouped(steps)} steps${from > 0 ? ` · from step ${from}` : ""}`;
}

export function evalLine({ stage, step, result }: Of<"eval">): string {
  return `eval ${printable(stage)} step ${step} · accuracy ${accuracyText(result)} of ${grouped(result.n)} · ${scores(result).join(" · ")}`;
}

export function checkpointLine({ folder }: Of<"checkpoint">): string {
  return `saved ${printable(folder)}`;
}

export function warningLine({ message }: Of<"warning">): string {
  return `warning: ${printable(message)}`;
}

export function stageEndLine({ summary }: Of<"stage_end">): string {
  const { name, wall_s, tokens_per_s, eval: result } = summary;
  const speed = tokens_per_s > 0 ? ` · ${count(tokens_per_s)} tok/s` : "";
  return `done ${printable(name)} · accuracy ${accuracyText(result)} · ${duration(wall_s)}${speed}`;
}

/** `0.874 [0.852, 0.893]`: the share and its 95 % interval; a dash where nothing was evaluated. */
export function accuracyText({ n, accuracy, accuracy_low, accuracy_high }: EvalResult): string {
  if (n === 0) return "–";
  return `${accuracy.toFixed(3)} [${accuracy_low.toFixed(3)}, ${accuracy_high.toFixed(3)}]`;
}

function scores(result: EvalResult): string[] {
  return ["reward", ...partNames([result])].map((name) => `${printable(name)} ${scoreText(result[name])}`);
}

function scoreText(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : shortNumber(value);
}

/** What an evaluation measured besides: boxes first, then the scores in their order, lengths and counts of failures last. */
function partNames(results: EvalResult[]): string[] {
  const rank = (name: string) =>
    name === "box_iou" ? 0 : name === "mean_length" || /\/(timeout|error|not_applicable)$/.test(name) ? 2 : 1;
  const names = [...new Set(results.flatMap((result) => Object.keys(result)))].filter((name) => !OWN_PLACE.includes(name));
  return names.sort((a, b) => rank(a) - rank(b));
}

/** The end of a run: a line a stage, then where it all is. */
export function summaryLines({ stages, wall_s, checkpoint, model }: RunSummary, width: number): string[] {
  const column = (title: string, cells: string[], drop?: number): Column => ({ title, cells, right: true, drop });
  const results = stages.map((stage) => stage.eval);
  const columns: Column[] = [
    { title: "stage", cells: stages.map(({ name }) => printable(name)) },
    column(
      "steps",
      stages.map(({ steps }) => grouped(steps)),
      2,
    ),
    column("accuracy", results.map(accuracyText)),
    column(
      "reward",
      results.map(({ reward }) => scoreText(reward)),
      1,
    ),
    ...partNames(results).map((name, i) =>
      column(
        printable(name),
        results.map((result) => scoreText(result[name])),
        10 + i,
      ),
    ),
    column(
      "time",
      stages.map((stage) => duration(stage.wall_s)),
    ),
    column(
      "tok/s",
      stages.map((stage) => (stage.tokens_per_s > 0 ? count(stage.tokens_per_s) : "–")),
      3,
    ),
  ];
  return [
    ...table(columns, width),
    "",
    `${grouped(model.parameters)} parameters · ${duration(wall_s)} in all · accuracy on ${grouped(results.at(-1)?.n ?? 0)} held-out rows, 95 % interval`,
    `checkpoint ${printable(checkpoint)}`,
  ];
}

/** One evaluation as a table of its numbers. */
export function evalTable(result: EvalResult, width: number): string[] {
  const rows: [string, string][] = [
    ["rows", grouped(result.n)],
    ["accuracy", accuracyText(result)],
    ...["reward", ...partNames([result])].map((name): [string, string] => [printable(name), scoreText(result[name])]),
  ];
  return table(
    [
      { title: "measure", cells: rows.map(([name]) => name) },
      { title: "mean", cells: rows.map(([, value]) => value) },
    ],
    width,
  );
}
