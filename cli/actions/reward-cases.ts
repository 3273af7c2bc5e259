import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { DataError } from "../../core/errors.ts";
import type { Example, FinishReason } from "../../core/types.ts";
import { episode } from "../../rewards/turns.ts";
import type { Case } from "../../rewards/workbench/cases.ts";
import { WrittenTurns } from "../../rewards/written-turns.ts";
import type { StoredRollout } from "../../rollouts/schema.ts";
import { fileRows } from "./reward-rows.ts";

/** Columns of a row of completions that are not fields of its example. */
const COMPLETION = ["completion", "response", "text"];
const FINISHES: readonly unknown[] = ["stop", "length", "environment"] satisfies FinishReason[];

/**
 * Completions to score: rows of a JSONL file with a `completion` or its `turns` each; a rollout file; or a run, with all of its rollout files. `targets` are the
 * fields that a row's `target` stands for where it has none of its own. So many at most: `limit`. Throws DataError.
 */
export async function readCases(path: string, targets: readonly string[], limit?: number): Promise<Case[]> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() || extname(path) === ".arrow") return firstCases((await readRun(path)).cases, limit);
  const rows = await fileRows(path, limit ?? null);
  return rows.map((row) => rowCase(row, path, targets));
}

/** So many cases, and the rest of the last one's group, since some rewards look at groups. All without a limit. */
export function firstCases(cases: readonly Case[], limit: number | undefined): Case[] {
  const first = new Set<unknown>(cases.slice(0, limit).map(({ group }, i) => group ?? i));
  return cases.filter(({ group }, i) => first.has(group ?? i));
}

function rowCase({ id, fields }: Example, file: string, targets: readonly string[]): Case {
  const name = COMPLETION.find((column) => typeof fields[column] === "string");
  const turns = WrittenTurns.safeParse(fields.turns);
  if (name === undefined && !turns.success) {
    const cure =
      'A row is {"completion": "…", …} or {"turns": [{"role": "policy", "text": "…"}, …], …} with the fields that the rewards compare with, or with their `target`.';
    throw new DataError({ place: { file }, field: id, message: "has no completion", cure });
  }
  const { [name ?? "turns"]: text, tokens, finish, group, ...rest } = fields;
  const written = turns.success ? episode(turns.data) : null;
  // beside a completion that it does not make up, a field `turns` is the row's own
  const trajectory = written !== null && (name === undefined || written.completion === text) ? written : null;
  const completion = trajectory?.completion ?? (text as string);
  const given = Object.hasOwn(rest, "target") ? Object.fromEntries(targets.map((field) => [field, rest.target])) : {};
  return {
    id,
    request: {
      example: { id, fields: { ...given, ...rest } },
      completion,
      tokens: typeof tokens === "number" ? tokens : completion.length,
      finish: FINISHES.includes(finish) ? (finish as FinishReason) : "stop",
      ...(trajectory === null ? {} : { turns: trajectory.turns }),
    },
    group: typeof group === "string" || typeof group === "number" ? String(group) : null,
    recorded: null,
  };
}

export interface RecordedRun {
  folder: string;
  /** the run's own recipe, every default filled in */
  recipe: string;
  cases: Case[];
  /** rollouts left out: their rows are not in the dataset any more, or others wrote parts of their text and an old file does not say which */
  left: { rows: number; turns: number };
}

/** A run's recorded rollouts, or those of one of its files, each with its row. Throws DataError. */
export async function readRun(path: string): Promise<RecordedRun> {
  const [{ readRollouts }, { loadTrainData }, { openDataset }, { findExamples }] = await Promise.all([
    import("../../rollouts/arrow.ts"),
    import("../../configs/train-data.ts"),
    import("../../datasets/index.ts"),
    import("../../evals/find-examples.ts"),
  ]);
  const single = extname(path) === ".arrow";
  const folder = single ? dirname(dirname(resolve(path))) : path;
  const files = single ? [path] : await rolloutFiles(folder);
  const recipe = join(folder, "recipe.yaml");
  if (!(await stat(recipe).catch(() => null))?.isFile()) {
    throw new DataError({
      place: { file: path },
      message: `not in a run folder: there is no ${recipe}`,
      cure: "The rows' fields come from the run's data: name a run, or a file in its rollouts/.",
    });
  }
  const data = await loadTrainData(recipe);
  const rollouts = (await Promise.all(files.map(readRollouts))).flat();
  const examples = await findExamples(await openDataset(data!.train, data!), new Set(rollouts.map(({ exampleId }) => exampleId)));
  const known = rollouts.filter(({ exampleId }) => examples.has(exampleId));
  // older files do not say where a turn of somebody else's lies in the text
  const whole = known.filter(({ roles, turns }) => turns !== undefined || roles.every((role) => role === "policy"));
  const cases = whole.map((rollout) => rolloutCase(rollout, examples.get(rollout.exampleId)!));
  if (cases.length === 0) {
    throw new DataError({
      place: { file: path },
      message: `none of ${rollouts.length} rollouts can be scored: their rows are not in the run's data`,
    });
  }
  return { folder, recipe, cases, left: { rows: rollouts.length - known.length, turns: known.length - whole.length } };
}

async function rolloutFiles(folder: string): Promise<string[]> {
  const rollouts = basename(folder) === "rollouts" ? folder : join(folder, "rollouts");
  const names = (await readdir(rollouts).catch(() => [])).filter((name) => name.endsWith(".arrow") && !name.startsWith(".")).sort();
  if (names.length > 0) return names.map((name) => join(rollouts, name));
  throw new DataError({ place: { file: folder }, message: "no rollouts in it", cure: "Name a run folder or one of its rollouts/*.arrow." });
}

function rolloutCase(rollout: StoredRollout, example: Example): Case {
  const { stage, step, group, member, text, turns, tokens, logprobs, finish, parts, reward, outcome } = rollout;
  return {
    id: `${example.id}, ${stage} step ${step}, group ${group} member ${member}`,
    request: { example, completion: text, tokens: tokens.length, finish, tokenIds: tokens, logprobs, turns },
    group: `${stage}/${step}/${group}`,
    stage,
    recorded: { parts, reward, outcome },
  };
}
