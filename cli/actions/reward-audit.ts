import { DataError } from "../../core/errors.ts";
import type { Example, Scorer } from "../../core/types.ts";
import type { AuditReport, Finding, PolicyResult } from "../../rewards/audit/audit.ts";
import { EXIT } from "../exit.ts";
import { shortNumber } from "../terminal/number.ts";
import { table } from "../terminal/table.ts";
import { paint, type Terminal } from "../terminal/terminal.ts";
import { printable, truncate } from "../terminal/text.ts";
import { type NamedRewards, namedRewards, openScorer } from "./reward-open.ts";
import { fileRows, recipeRows } from "./reward-rows.ts";

export interface RewardAuditOptions {
  rows: number;
  data?: string;
  limit?: number;
  responseField: string[];
  stage?: string;
  set: string[];
  json?: boolean;
}

const RESPONSES = ["trace", "response"];
/** Characters of a completion that are shown. */
const HEAD = 160;
/** Rows whose targets don't fit that are told. */
const PROBLEMS = 10;

/**
 * Plays policies that deserve nothing against a recipe's rewards and against those that its stages have of their own, or against a single one's;
 * returns the exit code, `EXIT.failed` where one is paid too much.
 */
export async function rewardAudit(recipe: string, options: RewardAuditOptions, terminal: Terminal): Promise<number> {
  const { rows: wanted, set, stage } = options;
  const first = await namedRewards(recipe, set, stage);
  const others = stage === undefined ? await Promise.all(first.stages.map((name) => namedRewards(recipe, set, name))) : [];
  const rows = options.data === undefined ? await recipeRows(recipe, { rows: wanted, set }) : await fileRows(options.data, wanted);
  const failed: boolean[] = [];
  for (const named of [first, ...others]) failed.push(await auditOne(named, rows, recipe, options, terminal));
  return failed.includes(true) ? EXIT.failed : EXIT.ok;
}

/** Audits rewards that score together; returns whether a policy is paid too much. */
async function auditOne(
  named: NamedRewards,
  rows: readonly Example[],
  recipe: string,
  options: RewardAuditOptions,
  terminal: Terminal,
): Promise<boolean> {
  const { audit, DEFAULT_LIMIT } = await import("../../rewards/audit/audit.ts");
  const scorer = await openScorer(named, recipe);
  try {
    await refuseRows(scorer, rows, options.data ?? recipe);
    const limit = options.limit ?? DEFAULT_LIMIT;
    const report = await audit(scorer, named.specs, rows, { limit, responses: [...options.responseField, ...RESPONSES] });
    const { stage } = named;
    const title = stage === undefined ? [] : ["", paint(`rewards of stage ${printable(stage)}`, "bold", terminal)];
    const text = [...title, ...reportLines(report, terminal)].join("\n");
    terminal.out(`${options.json ? JSON.stringify({ ...(stage === undefined ? {} : { stage }), ...report }) : text}\n`);
    return report.verdict === "failed";
  } finally {
    await scorer.close();
  }
}

/** Targets that don't fit are the rows' fault, as they are before a run. */
async function refuseRows(scorer: Scorer, rows: readonly Example[], file: string): Promise<void> {
  const problems = await Promise.all(
    rows.map(async (row) => (await scorer.check(row)).map((message) => ({ place: { file }, field: row.id, message }))),
  );
  const found = problems.flat();
  if (found.length > 0) throw new DataError(found.slice(0, PROBLEMS));
}

function reportLines(report: AuditReport, terminal: Terminal): string[] {
  const { honest, policies, limit } = report;
  const percent = ({ share }: PolicyResult) => (share === null ? "–" : `${Math.round(100 * share)} %`);
  const played = policies
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => (b.share ?? Number.NEGATIVE_INFINITY) - (a.share ?? Number.NEGATIVE_INFINITY));
  const columns = [
    { title: "policy", cells: ["honest", ...played.map(({ name }) => name)] },
    { title: "reward", cells: [honest.reward, ...played.map(({ reward }) => reward)].map(shortNumber), right: true },
    { title: "share", cells: ["100 %", ...played.map(percent)], right: true },
    { title: "rows", cells: [report.rows, ...played.map(({ rows }) => rows)].map(String), right: true, drop: 2 },
    {
      title: "what it does",
      cells: ["writes the row's own target", ...played.map(({ about }) => about)],
      drop: 1,
    },
  ];
  const flat = report.flat === 0 ? [] : [`On ${report.flat} of ${report.rows} rows no honest completion is paid more than the worst.`];
  const left = report.left === 0 ? [] : [`${report.left} more rows are left out: nothing that was written for them could be scored.`];
  return [
    ...table(columns, terminal.width()),
    `Shares lie between the worst (${shortNumber(honest.worst)}: nothing, or a plain wrong answer) and the honest one; the limit is ${Math.round(100 * limit)} %.`,
    `The honest one writes: ${honest.ways.join("; ")}.`,
    ...(report.form.length === 0 || report.verdict === "form"
      ? []
      : [`Pays for form alone, as it is meant to: ${report.form.join(", ")}.`]),
    ...flat,
    ...left,
    ...report.findings.flatMap((finding) => findingLines(finding, terminal)),
    "",
    paint(verdictText(report), report.verdict === "failed" ? "yellow" : "green", terminal),
  ];
}

function findingLines({ policy, row, completion, parts, message }: Finding, terminal: Terminal): string[] {
  const scores = Object.entries(parts).map(([name, value]) => `${name} ${value}`);
  const head = completion === null ? [] : [`  ${JSON.stringify(completion.length > HEAD ? `${completion.slice(0, HEAD)}…` : completion)}`];
  return [
    "",
    `${paint(policy, "bold", terminal)} ${message}${row === null ? "" : `, for example on ${printable(row)}:`}`,
    ...head,
    ...(scores.length === 0 ? [] : [`  ${scores.join(" · ")}`]),
  ].map((line) => truncate(printable(line), Math.max(terminal.width(), 200)));
}

function verdictText({ verdict, findings }: AuditReport): string {
  if (verdict === "passed") return "Passed: no policy that deserves nothing is paid more than the limit.";
  if (verdict === "form")
    return "Pays for form alone, as its rewards are meant to: nothing here asks whether an answer is right. Put one that does beside it.";
  return `Failed: ${findings.length} ${findings.length === 1 ? "finding" : "findings"}.`;
}
