import { createHash } from "node:crypto";
import { CheckpointError } from "../core/errors.ts";

/** One field in which two resolved recipes differ. `undefined` where one has no such field. */
export interface Difference {
  /** for example `stages[1].optimizer.lr` */
  field: string;
  old: unknown;
  new: unknown;
  /** whether resuming with it would give other numbers than the run so far was on its way to */
  matters: boolean;
}

/** SHA-256 of a resolved recipe, whatever the order of its keys. */
export function recipeFingerprint(recipe: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(recipe, (_, value: unknown) => (isObject(value) ? sorted(value) : value)))
    .digest("hex");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Where the recipe of a run and the one to resume it with differ, field by field. `finishedStages` of them are done: how long they
 * were is history and may not change any more.
 */
export function differences(old: unknown, now: unknown, finishedStages: number): Difference[] {
  const before = leaves(old);
  const after = leaves(now);
  const out: Difference[] = [];
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const values = { old: before.get(field), new: after.get(field) };
    if (text(values.old) !== text(values.new)) out.push({ field, ...values, matters: !mayChange(field, finishedStages) });
  }
  return out;
}

/** Every value that holds no other, by its path. An empty object or array counts as a value. */
function leaves(value: unknown, path = "", out = new Map<string, unknown>()): Map<string, unknown> {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, i) => [`${path}[${i}]`, item])
    : isObject(value)
      ? Object.entries(value).map(([key, item]) => [path === "" ? key : `${path}.${key}`, item])
      : [];
  if (entries.length === 0 && path !== "") out.set(path, value);
  for (const [name, item] of entries) leaves(item, name, out);
  return out;
}

function mayChange(field: string, finishedStages: number): boolean {
  if (
    /^(name$|model\.(threads|executor|device)$|(evaluation|checkpoints|rollouts)(\.|\[|$)|(stages\[\d+\]\.)?rewards\[\d+\]\.(timeout_ms|memory_mb|error_limit)$)/.test(
      field,
    )
  )
    return true;
  const match = /^stages\[(\d+)\]\.(steps|eval_every|save_every)$/.exec(field);
  return match !== null && (match[2] !== "steps" || Number(match[1]) >= finishedStages);
}

/**
 * Throws CheckpointError where resuming with the recipe `now` would change the run: every such field with both values.
 * `file` is what the reader would edit: the recipe.
 */
export function refuseChanges(old: unknown, now: unknown, { finishedStages, file }: { finishedStages: number; file: string }): void {
  const found = differences(old, now, finishedStages).filter(({ matters }) => matters);
  if (found.length === 0) return;
  throw new CheckpointError(
    found.map((difference, i) => ({
      place: { file },
      field: difference.field,
      message: `the run was started with ${text(difference.old)}, the recipe says ${text(difference.new)}`,
      cure:
        i === found.length - 1
          ? "A run can't be resumed with these changed. Put the old values back, or start another run: --run-dir with a new folder."
          : undefined,
    })),
  );
}

function text(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
