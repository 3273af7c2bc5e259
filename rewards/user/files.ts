import { readdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { RecipeError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { RewardSpec } from "../options.ts";
import type { Part, ScorerContext } from "../part.ts";
import { shownPath } from "./blame.ts";
import { poolSize, RewardPool } from "./pool.ts";

export interface RewardFiles {
  /** The file of the recipe's i-th reward as a part. Throws RecipeError where it is missing or does not load. */
  part(index: number): Promise<Part>;
  close(): Promise<void>;
}

/** The reward files of a recipe behind one pool of threads, none of which starts before it is needed. */
export function openFiles(specs: RewardSpec[], context: ScorerContext): RewardFiles {
  const paths = specs.map(({ file }) => resolve(context.folder, file ?? ""));
  const pool = new RewardPool(
    specs.map(({ export: exported, target, options }, i) => ({ path: paths[i]!, export: exported, target, options })),
    {
      workers: context.workers ?? poolSize(availableParallelism()),
      loadTimeoutMs: context.loadTimeoutMs ?? 30_000,
      memoryMb: Math.max(...specs.filter(({ file }) => file !== undefined).map(({ memory_mb }) => memory_mb)),
    },
  );
  return {
    async part(index) {
      const timeoutMs = specs[index]!.timeout_ms;
      await mustExist(paths[index]!, `rewards[${index}].file`, context);
      const { name, version, scope } = await pool.load(index);
      return {
        name,
        version,
        scope,
        check: (example) => pool.check(index, example.fields, timeoutMs),
        score: (members) => pool.score(index, members, timeoutMs),
      };
    },
    close: () => pool.close(),
  };
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
