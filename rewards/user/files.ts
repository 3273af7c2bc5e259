import { readdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { RecipeError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { rewards } from "../index.ts";
import type { RewardSpec } from "../options.ts";
import { type Part, rewardField, type ScorerContext } from "../part.ts";
import { shownPath } from "./blame.ts";
import { poolSize, RewardPool } from "./pool.ts";

export interface RewardFiles {
  /** The recipe's i-th reward as a part that runs in threads. Throws RecipeError where it is missing or does not load. */
  part(index: number): Promise<Part>;
  close(): Promise<void>;
}

/** The reward files of a recipe, and rewards of ours that want a thread, behind one pool, no thread of which starts before it is needed. */
export function openFiles(specs: RewardSpec[], context: ScorerContext): RewardFiles {
  const paths = specs.map(({ file, name }) => (file === undefined ? (name ?? "") : resolve(context.folder, file)));
  const pool = new RewardPool(
    specs.map(({ file, export: exported, target, options }, i) => {
      return { path: paths[i]!, own: file === undefined, export: exported, target, options };
    }),
    {
      workers: context.workers ?? poolSize(availableParallelism()),
      loadTimeoutMs: context.loadTimeoutMs ?? 30_000,
      memoryMb: Math.max(...specs.filter(isThreaded).map(({ memory_mb }) => memory_mb)),
    },
  );
  return {
    async part(index) {
      const timeoutMs = specs[index]!.timeout_ms;
      if (specs[index]!.file !== undefined) await mustExist(paths[index]!, rewardField(context, index, "file"), context);
      const { name, version, scope, field } = await pool.load(index);
      return {
        name,
        version,
        field,
        scope,
        check: (example) => pool.check(index, example.fields, timeoutMs),
        score: (members) => pool.score(index, members, timeoutMs),
      };
    },
    close: () => pool.close(),
  };
}

/** Users' files run in threads, and rewards of ours that ask for it. */
export function isThreaded({ file, name = "" }: RewardSpec): boolean {
  return file !== undefined || (rewards.has(name) && rewards.get(name).isolate === true);
}

async function mustExist(path: string, field: string, { recipe, folder }: ScorerContext): Promise<void> {
  if (await isFile(path)) return;
  const near = nearest(basename(path), await filesIn(dirname(path)));
  const cure = near === null ? "Paths are relative to the recipe's folder." : `Did you mean "${near}"?`;
  throw new RecipeError({ place: { file: recipe ?? folder }, field, message: `there is no file ${shownPath(path)}`, cure });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isFile(), whereAbsent(false));
}

async function filesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(whereAbsent([]));
}

function whereAbsent<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return otherwise;
    throw error;
  };
}
