import type { Example, Scorer } from "../../core/types.ts";
import type { RewardSpec } from "../options.ts";
import { exampleWays } from "./examples.ts";
import { waysOf } from "./honest.ts";
import { type Judged, judge } from "./judge.ts";
import { formParts, knowsForm, targetFields, zeroRow } from "./look.ts";
import { type Played, Player } from "./play.ts";
import { type AuditPolicy, policies } from "./policies.ts";
import { shellsOf } from "./shells.ts";

/**
 * The share of the honest reward that no policy may have which knows nothing, or spoils what it knows: a half. A wrong answer in the right form is
 * rightly paid what the form weighs; beyond a half, form weighs more than being right, and the slope leads there first.
 */
export const DEFAULT_LIMIT = 0.5;

/** Rows on which every way of writing an answer is tried where a judge is asked, and each question costs something. */
const PROBED_BY_JUDGES = 2;

export interface AuditOptions {
  limit: number;
  /** rows' fields that hold a whole right response */
  responses: readonly string[];
}

/** What a policy got, over the rows that it had something to say to, with the strategy that was paid best. */
export interface PolicyResult {
  name: string;
  about: string;
  rows: number;
  /** mean reward */
  reward: number;
  /** mean of (reward - worst) / (honest - worst); null where there is no row on which honesty pays more */
  share: number | null;
  /** the row where its share is largest */
  example: { row: string; completion: string; reward: number; parts: Record<string, string> } | null;
}

export interface Finding {
  kind: "paid" | "failed" | "flat";
  policy: string;
  row: string | null;
  completion: string | null;
  parts: Record<string, string>;
  message: string;
}

export interface AuditReport {
  /** `form`: every part looks at form alone, as it is meant to */
  verdict: "passed" | "failed" | "form";
  limit: number;
  rows: number;
  /** rows that no way of writing could be scored for, not among the others */
  left: number;
  /** rows on which no honest completion is paid more than the worst */
  flat: number;
  /** counted parts that look at form alone */
  form: string[];
  honest: { reward: number; worst: number; ways: string[] };
  policies: PolicyResult[];
  findings: Finding[];
}

/**
 * Plays policies that deserve nothing against composed rewards. `worst` is the lower of what an empty completion and a plain wrong answer get,
 * `honest` what the best paid way of writing the row's own target gets; every other policy is measured between the two. A policy's share
 * above the limit is a finding, and so is any score that is missing for a failure, NaN or a range among them.
 */
export async function audit(
  scorer: Scorer,
  specs: readonly RewardSpec[],
  rows: readonly Example[],
  { limit, responses }: AuditOptions,
): Promise<AuditReport> {
  const player = new Player(scorer);
  const fields = targetFields(scorer, specs, rows);
  // of ways that are paid the same the first counts, so an example is written where nothing usual is as good
  const ways = [...waysOf(fields, responses, shellsOf(specs)), ...exampleWays(specs)];
  const probed = scorer.waits ? PROBED_BY_JUDGES : rows.length;
  const judged = await judge(player, ways, { chosen: rows, rows, probed });
  const zero = await zeroRow(scorer, rows, judged[0]?.way.field ?? fields[0]!);
  const strangers = rows.filter((row) => row !== zero?.source);
  const zeros = zero === null ? [] : await judge(player, ways, { chosen: [zero.example], rows: strangers, probed });
  const results: PolicyResult[] = [];
  for (const policy of policies) {
    results.push(await result(player, policy, policy.name === "blank_as_zero" ? [...judged, ...zeros] : judged));
  }
  const form = knowsForm(specs);
  const flat = judged.filter(({ honest, worst }) => !(honest > worst)).length;
  const findings: Finding[] = [
    ...player.failures,
    ...(flat === judged.length && !form ? [flatFinding(judged)] : []),
    ...(form ? [] : results.filter(({ share }) => share !== null && share > limit).map((one) => paidFinding(one, limit))),
  ];
  return {
    verdict: findings.length > 0 ? "failed" : form ? "form" : "passed",
    limit,
    rows: judged.length,
    left: rows.length - judged.length,
    flat,
    form: formParts(scorer, specs),
    honest: {
      reward: average(judged.map(({ honest }) => honest)),
      worst: average(judged.map(({ worst }) => worst)),
      ways: [...new Set(judged.map(({ way }) => way.name))],
    },
    policies: results,
    findings,
  };
}

/** Plays each strategy of a policy on all rows and takes the one that is paid best. */
async function result(player: Player, policy: AuditPolicy, rows: readonly Judged[]): Promise<PolicyResult> {
  const plays = await Promise.all(
    rows.map(async (row) => {
      const completions = policy.play(row.seen);
      const played = await Promise.all(completions.map((one) => (one === null ? null : player.play(row.seen.example, one, policy))));
      return { row, played };
    }),
  );
  const { name, about } = policy;
  let best: PolicyResult = { name, about, rows: 0, reward: 0, share: null, example: null };
  const strategies = Math.max(0, ...plays.map(({ played }) => played.length));
  for (let k = 0; k < strategies; k++) {
    const scored = plays.flatMap(({ row, played }) => {
      const one = played[k] ?? null;
      return one === null || one.reward === null ? [] : [{ one, reward: one.reward, share: shareOf(one.reward, row) }];
    });
    const measured = scored.filter((each): each is typeof each & { share: number } => each.share !== null);
    const share = measured.length === 0 ? null : average(measured.map((each) => each.share));
    if (scored.length === 0 || (best.rows > 0 && (share ?? Number.NEGATIVE_INFINITY) <= (best.share ?? Number.NEGATIVE_INFINITY))) continue;
    const worst = measured.length === 0 ? scored[0]!.one : measured.reduce((a, b) => (b.share > a.share ? b : a)).one;
    best = { name, about, rows: scored.length, reward: average(scored.map(({ reward }) => reward)), share, example: shown(worst) };
  }
  return best;
}

/** Null for a row on which honesty is paid no more than the worst. */
function shareOf(reward: number, { honest, worst }: Judged): number | null {
  return honest > worst ? (reward - worst) / (honest - worst) : null;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function shown({ example, completion, reward, parts }: Played): PolicyResult["example"] {
  return { row: example.id, completion, reward: reward!, parts };
}

function paidFinding({ name, share, example }: PolicyResult, limit: number): Finding {
  const message = `is paid ${Math.round(share! * 100)} % of what the honest policy gets, more than ${Math.round(limit * 100)} %`;
  return { kind: "paid", policy: name, row: example!.row, completion: example!.completion, parts: example!.parts, message };
}

function flatFinding(judged: readonly Judged[]): Finding {
  const row = judged[0]?.seen.example.id ?? null;
  const message =
    "no way of writing a row's own target is paid more than nothing or a wrong answer; name a field with a right response: --response-field";
  return { kind: "flat", policy: "honest", row, completion: null, parts: {}, message };
}
