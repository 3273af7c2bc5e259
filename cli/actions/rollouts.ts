import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { DataError } from "../../core/errors.ts";
import { readRollouts } from "../../rollouts/arrow.ts";
import { EXIT } from "../exit.ts";
import { keyboard, type NextKey, page } from "../terminal/pager.ts";
import { rolloutLines, type Shown, sortGroups, summaryOf } from "../terminal/rollouts.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface RolloutsOptions {
  group?: number;
  limit?: number;
  sort: "order" | "reward";
  json?: boolean;
}

/** Pages through a rollout file, or the newest of a run; returns the exit code. */
export async function rolloutsCommand(
  path: string,
  { group, limit = Number.POSITIVE_INFINITY, sort, json }: RolloutsOptions,
  terminal: Terminal,
  nextKey: NextKey = keyboard,
): Promise<number> {
  const { file, others } = await rolloutFile(path);
  const rollouts = await readRollouts(file);
  const groups = sortGroups(rollouts, sort);
  const wanted = groups.filter((members) => group === undefined || members[0]!.group === group);
  if (wanted.length === 0) {
    const known = groups.map((members) => members[0]!.group).sort((a, b) => a - b);
    const cure = known.length === 0 ? "The step sampled nothing." : `It has the groups ${known[0]} to ${known.at(-1)}.`;
    throw new DataError({ place: { file }, message: group === undefined ? "has no rollouts" : `has no group ${group}`, cure });
  }
  const shown = wanted.slice(0, limit);
  if (json) {
    for (const rollout of shown.flat()) terminal.out(`${JSON.stringify(plainRollout(rollout))}\n`);
    return EXIT.ok;
  }
  await page(lines(), terminal, nextKey);
  return EXIT.ok;

  function* lines(): Generator<string> {
    yield `${file}${others > 0 ? ` (the newest; ${others} more beside it)` : ""}`;
    yield summaryOf(groups.flat());
    for (const members of shown) yield* rolloutLines(members, terminal);
    if (shown.length < wanted.length) yield `… ${wanted.length - shown.length} more groups: --limit`;
  }
}

/** The file itself, or in a run folder or a folder of rollouts the one that was written last. */
async function rolloutFile(path: string): Promise<{ file: string; others: number }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new DataError({
      place: { file: path },
      message: "there is no such file or folder",
      cure: "Name a run folder or one of its rollouts/*.arrow.",
    });
  });
  if (!found.isDirectory()) return { file: path, others: 0 };
  const folder = basename(path) === "rollouts" ? path : join(path, "rollouts");
  const names = (
    await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    })
  ).filter((name) => name.endsWith(".arrow") && !name.startsWith("."));
  if (names.length === 0) {
    throw new DataError({
      place: { file: path },
      message: "no rollouts in it yet",
      cure: "They are written by GRPO stages, unless the recipe says rollouts: { write: false }.",
    });
  }
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  aged.sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1));
  return { file: join(folder, aged[0]!.name), others: names.length - 1 };
}

/** Typed arrays as plain lists. */
function plainRollout({ promptTokens, tokens, logprobs, ...rest }: Shown): Record<string, unknown> {
  return { ...rest, promptTokens: [...promptTokens], tokens: [...tokens], logprobs: [...logprobs] };
}
