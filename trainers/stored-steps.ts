/** Scored groups in a checkpoint: `<name>.json` says of which steps and rows, `<name>-<step>.arrow` has one record batch a group. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../core/errors.ts";
import { groupBy } from "../core/group-by.ts";
import { RolloutFile, readRollouts } from "../rollouts/arrow.ts";
import { type StoredRollout, toBatch } from "../rollouts/schema.ts";
import type { SampledStep } from "./grpo-sample.ts";
import type { ScoredGroup } from "./sample-groups.ts";
import type { Crew } from "./setup.ts";

const Index = z.array(
  z.strictObject({
    step: z.int().min(0),
    sampled: z.int().min(0),
    /** in the training data, one a group */
    rows: z.array(z.int().min(0)),
  }),
);

const fileOf = (folder: string, name: string, step: number) => join(folder, `${name}-${String(step + 1).padStart(6, "0")}.arrow`);

/** Writes the groups of some steps, by their numbers from 0 on. */
export async function writeSteps(folder: string, name: string, steps: ReadonlyMap<number, SampledStep>): Promise<void> {
  const index: z.infer<typeof Index> = [];
  for (const [step, { groups, sampled }] of steps) {
    index.push({ step, sampled, rows: groups.map(({ row }) => row) });
    if (groups.length === 0) continue;
    const file = await RolloutFile.open(fileOf(folder, name, step));
    for (const { batch } of groups) file.write(batch);
    await file.close();
  }
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(index)}\n`);
}

/**
 * What `writeSteps` wrote, bit for bit; prompts, which may hold pictures, are made again from the rows.
 * Throws CheckpointError where the index is missing or damaged or a row gives another prompt now, DataError where a file can't be read.
 */
export async function readSteps(
  folder: string,
  name: string,
  crew: Pick<Crew, "train" | "environment" | "processor">,
): Promise<Map<number, SampledStep>> {
  const steps = new Map<number, SampledStep>();
  for (const { step, sampled, rows } of await readIndex(join(folder, `${name}.json`))) {
    const file = fileOf(folder, name, step);
    const stored = rows.length === 0 ? [] : [...groupBy(await readRollouts(file), ({ group }) => group).values()];
    if (stored.length !== rows.length) throw damaged(file, `expected ${rows.length} groups, got ${stored.length}`);
    const groups: ScoredGroup[] = [];
    for (const [g, rollouts] of stored.entries()) groups.push(await groupOf(file, rollouts, rows[g]!, crew));
    steps.set(step, { groups, sampled });
  }
  return steps;
}

async function groupOf(
  file: string,
  rollouts: StoredRollout[],
  row: number,
  { train, environment, processor }: Pick<Crew, "train" | "environment" | "processor">,
): Promise<ScoredGroup> {
  const { exampleId, promptTokens, stage, step } = rollouts[0]!;
  const example = await train.at(row);
  const { prompt } = await processor.encodePrompt(environment.start(example.fields));
  const same = prompt.tokens.length === promptTokens.length && prompt.tokens.every((id, t) => id === promptTokens[t]);
  if (example.id !== exampleId || !same) throw damaged(file, `row ${row} gives another prompt than when ${exampleId} was sampled`);
  return { row, rollouts, prompt, batch: await toBatch(rollouts, { stage, step }) };
}

async function readIndex(path: string): Promise<z.infer<typeof Index>> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw damaged(path, "there is no such file");
    throw error;
  });
  try {
    return Index.parse(JSON.parse(text));
  } catch {
    throw damaged(path, "it is not what was written");
  }
}

const damaged = (file: string, message: string) =>
  new CheckpointError({ place: { file }, message, cure: "Resume from an earlier checkpoint of the run." });
