/**
 * The checkpoints of a run: `<run>/checkpoints/<stage>-step-000012/`, each a Hugging Face model folder with `state.json` beside the
 * weights. A checkpoint is there whole or not at all.
 */
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { atomicFolder, atomicRemove, exists, sweepTemporary } from "../core/atomic.ts";
import { CheckpointError, UserError } from "../core/errors.ts";
import { readSafetensors } from "../core/safetensors.ts";
import { recipeFingerprint } from "./recipe.ts";
import { CheckpointState, loadState, type StateToSave } from "./state.ts";

export interface Checkpoint {
  folder: string;
  state: CheckpointState;
}

export interface Listing {
  /** the sound ones, oldest first: by stage, then by step */
  checkpoints: Checkpoint[];
  /** one sentence for each that is not */
  warnings: string[];
}

/** What is kept: the names and meanings of the recipe's `checkpoints`. */
export interface RetentionOptions {
  keep_last: number;
  keep_best: number;
  metric: string;
}

export function checkpointsFolder(runDir: string): string {
  return join(runDir, "checkpoints");
}

/** `<run>/checkpoints/<stage>-step-000012` */
export function checkpointFolder(runDir: string, stage: string, step: number): string {
  return join(checkpointsFolder(runDir), `${stage}-step-${String(step).padStart(6, "0")}`);
}

/**
 * Saves a checkpoint: `fill` writes the model's files into the folder it is given, the state is added, and the whole appears under its
 * name at once. Returns its folder. `bytes` is about how much `fill` writes, for the message when the disk is full.
 * Throws CheckpointError where the disk is full; earlier checkpoints stay as they are.
 */
export async function saveCheckpoint(
  runDir: string,
  state: StateToSave,
  fill: (folder: string) => Promise<void>,
  options: { bytes?: number } = {},
): Promise<string> {
  const folder = checkpointFolder(runDir, state.stage.name, state.step);
  await mkdir(checkpointsFolder(runDir), { recursive: true });
  await atomicFolder(
    folder,
    async (temporary) => {
      await fill(temporary);
      const files = await sizes(temporary);
      const whole: CheckpointState = { format: 1, fingerprint: recipeFingerprint(state.recipe), ...state, files };
      await writeFile(join(temporary, "state.json"), `${JSON.stringify(CheckpointState.parse(whole), null, 2)}\n`);
    },
    options,
  );
  return folder;
}

async function sizes(folder: string): Promise<Record<string, number>> {
  const out: Record<string, number> = {};
  for (const name of (await readdir(folder)).sort()) {
    const info = await stat(join(folder, name));
    if (info.isFile()) out[name] = info.size;
  }
  return out;
}

/** Every checkpoint of a run that is sound, and a warning for each that is not. None where the run has none yet. */
export async function listCheckpoints(runDir: string): Promise<Listing> {
  const parent = checkpointsFolder(runDir);
  const names = (await exists(parent)) ? await readdir(parent) : [];
  const listing: Listing = { checkpoints: [], warnings: [] };
  for (const name of names.filter((name) => /^[a-z0-9_-]+-step-\d{6,}$/.test(name)).sort()) {
    const folder = join(parent, name);
    try {
      listing.checkpoints.push({ folder, state: await checkCheckpoint(folder) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      listing.warnings.push(`${name} is left out, it is damaged: ${error.problems[0]!.message}`);
    }
  }
  listing.checkpoints.sort((a, b) => a.state.stage.index - b.state.stage.index || a.state.step - b.state.step);
  return listing;
}

/** Reads a checkpoint's state and looks whether its files are all there. Throws CheckpointError where they are not. */
export async function checkCheckpoint(folder: string): Promise<CheckpointState> {
  const state = await loadState(folder);
  for (const [name, size] of Object.entries(state.files)) {
    const path = join(folder, name);
    const actual = (await exists(path)) ? (await stat(path)).size : null;
    if (actual !== size) {
      throw new CheckpointError({
        place: { file: path },
        message: `${name} ${actual === null ? "is missing" : `has ${actual} of ${size} bytes`}`,
        cure: "Resume from an earlier checkpoint of the run.",
      });
    }
    if (name.endsWith(".safetensors")) await readSafetensors(path);
  }
  return state;
}

/** The checkpoint to resume from: the newest sound one, or null; `warnings` tells of those that were passed over. */
export async function latestCheckpoint(runDir: string): Promise<{ checkpoint: Checkpoint | null; warnings: string[] }> {
  const { checkpoints, warnings } = await listCheckpoints(runDir);
  return { checkpoint: checkpoints.at(-1) ?? null, warnings };
}

/** Clears what a killed run left half written or half removed. Returns the names of what is gone. */
export async function sweepCheckpoints(runDir: string): Promise<string[]> {
  const parent = checkpointsFolder(runDir);
  return (await exists(parent)) ? sweepTemporary(parent) : [];
}

/**
 * Removes old checkpoints and returns their names. Kept are the newest `keep_last` (at least the newest one), the `keep_best` with the
 * highest `metric` in their evaluation (the later of two equal ones), and the last one of every finished stage.
 * Damaged ones are left for a person to look at.
 */
export async function retain(runDir: string, { keep_last, keep_best, metric }: RetentionOptions): Promise<string[]> {
  const { checkpoints } = await listCheckpoints(runDir);
  const scored = checkpoints
    .map((checkpoint, age) => ({ checkpoint, age, value: checkpoint.state.evaluation?.[metric] ?? null }))
    .filter((one): one is typeof one & { value: number } => one.value !== null)
    .sort((a, b) => b.value - a.value || b.age - a.age);
  const keep = new Set<Checkpoint>([
    ...checkpoints.slice(-Math.max(1, keep_last)),
    ...scored.slice(0, keep_best).map(({ checkpoint }) => checkpoint),
    ...checkpoints.filter(({ state }) => state.finished),
  ]);
  const doomed = checkpoints.filter((checkpoint) => !keep.has(checkpoint));
  for (const { folder } of doomed) await atomicRemove(folder);
  return doomed.map(({ folder }) => basename(folder));
}
