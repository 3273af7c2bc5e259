import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../core/errors.ts";

const Word = z.int().min(0).max(0xffffffff);

/** The state of a `Random`, to go on from where it stood. */
const RandomWords = z.strictObject({ words: z.tuple([Word, Word, Word, Word]) });

/** Everything of a run that its weights and optimizer do not hold: `state.json` of a checkpoint. */
export const CheckpointState = z.strictObject({
  format: z.literal(1, "this version of vlrl reads format 1: resume with the version that wrote the checkpoint"),
  /** the stage under way: its place in the recipe, from 0, and its name */
  stage: z.strictObject({ index: z.int().min(0), name: z.string().regex(/^[a-z0-9_-]+$/) }),
  /** steps of that stage that are done */
  step: z.int().min(0),
  /** whether that stage is done with */
  finished: z.boolean(),
  /** optimizer steps taken since the run began */
  policy_version: z.int().min(0),
  /** index of the next example of the stage's dataset */
  data_position: z.int().min(0),
  /** random streams by name */
  random: z.record(z.string(), RandomWords),
  /** lines of metrics.jsonl when this was saved: later ones are written again on resume */
  metrics_lines: z.int().min(0),
  /** the resolved recipe and the hash of it */
  recipe: z.record(z.string(), z.json()),
  fingerprint: z.string(),
  /** the evaluation of these weights, if there was one; retention looks for its metric here */
  evaluation: z.record(z.string(), z.number().nullable()).nullable(),
  /** the best value so far and where it was reached */
  best: z.strictObject({ metric: z.string(), value: z.number(), stage: z.string(), step: z.int() }).nullable(),
  /** summaries of the finished stages, in order */
  stages: z.array(z.record(z.string(), z.json())),
  /** whatever else the trainer needs to go on */
  trainer: z.record(z.string(), z.json()),
  /** every other file of the folder with its size in bytes, to know a damaged copy by */
  files: z.record(z.string(), z.int().min(0)),
});
export type CheckpointState = z.infer<typeof CheckpointState>;

/** What a trainer hands over; the rest is known when the files are there. */
export type StateToSave = Omit<CheckpointState, "format" | "fingerprint" | "files">;

/** Reads and checks `state.json`. Throws CheckpointError where it is missing or not what was written. */
export async function loadState(folder: string): Promise<CheckpointState> {
  const path = join(folder, "state.json");
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new CheckpointError({
        place: { file: folder },
        message: "there is no state.json",
        cure: "Only a checkpoint of a run can be resumed; to start from other weights, name the folder in the recipe's model.",
      });
    }
    throw error;
  });
  const state = CheckpointState.safeParse(parsed(text, path));
  if (state.success) return state.data;
  throw new CheckpointError(
    state.error.issues.map((issue) => ({
      place: { file: path },
      field: issue.path.join("."),
      message: issue.message,
      cure: "Resume from an earlier checkpoint of the run.",
    })),
  );
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CheckpointError({
      place: { file: path },
      message: `not JSON: ${error instanceof Error ? error.message : error}`,
      cure: "Resume from an earlier checkpoint of the run.",
    });
  }
}
