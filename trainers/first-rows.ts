import { DataError, noting, type Problem, problemText, UserError } from "../core/errors.ts";
import type { Dataset } from "../datasets/define.ts";
import type { EncodedPrompt, TrainRow } from "../engines/engine.ts";
import { type Environment, resolveEnvironment } from "../environments/index.ts";
import { checkLength } from "../models/length.ts";
import type { Processor } from "../models/processor.ts";
import type { RunPlan } from "./plan.ts";
import { openRewards } from "./reward-sets.ts";
import { type Crew, openData, rowProblem } from "./setup.ts";
import { type RowEncoder, type StageNeeds, stageNeeds, stageStarts } from "./stage-needs.ts";

export interface FirstRows {
  /** of each stage */
  stages: TrainRow[][];
  /** of an evaluation; none where there is no data for it */
  held: TrainRow[];
  /** how many rows of each dataset were looked at */
  counts: { train: number; eval: number };
}

/** The rows that somebody takes, from one on, and what becomes of each. */
interface Taking extends Pick<StageNeeds, "row"> {
  first: number;
  count: number;
}

/** Problems of rows that are told one by one. */
const NAMED = 5;

/**
 * The rows that each stage and the evaluation begin with, at most `most` each, as they will be encoded. `files` holds the tokenizer's
 * files, null where it is not known.
 * Throws UserError with all that would stop a run there: data, rewards or files that can't be used, and rows that do not fit.
 */
export async function firstRows(plan: RunPlan, files: string | null, most: number): Promise<FirstRows> {
  const problems: Problem[] = [];
  const { loadProcessor } = await import("../models/processor/load.ts");
  const { max_pixels, min_pixels, max_length } = plan.model;
  const environment = resolveEnvironment(plan.environment);
  const data = await noting(problems, () => openChecked(plan, environment));
  const processor =
    files === null ? null : await noting(problems, () => loadProcessor(files, { maxPixels: max_pixels, minPixels: min_pixels }));
  if (data === null || processor === null) throw new UserError(problems);
  const reader = { environment, processor, maxLength: max_length ?? processor.contextLength, problems };
  const train = await takeRows("data.train", data.train, stageTakings(plan.stages, most), reader);
  const { rows, sampling } = plan.evaluation;
  const evaluated: StageNeeds["row"] = async (example, { prompt }) => ({
    prompt: await prompt(example),
    completions: [{ tokens: new Int32Array(sampling.max_new_tokens), fields: {} }],
  });
  const takings = [{ first: 0, count: Math.min(most, rows), row: evaluated }];
  const held = data.held === null ? { rows: [[]], count: 0 } : await takeRows("data.eval", data.held, takings, reader);
  if (problems.length > 0) throw new UserError(problems);
  return { stages: train.rows, held: held.rows[0]!, counts: { train: train.count, eval: held.count } };
}

async function openChecked(plan: RunPlan, environment: Environment): Promise<Pick<Crew, "train" | "held">> {
  const rewards = await openRewards(plan);
  try {
    return await openData(plan, environment, rewards);
  } finally {
    await rewards.close();
  }
}

function stageTakings(stages: RunPlan["stages"], most: number): Taking[] {
  const starts = stageStarts(stages);
  return stages.map((stage, i): Taking => {
    const { rowsPerStep, row } = stageNeeds(stage);
    return { first: starts[i]!, count: Math.min(most, stage.steps * rowsPerStep), row };
  });
}

interface Reader {
  environment: Environment;
  processor: Processor;
  maxLength: number | null;
  problems: Problem[];
}

async function takeRows(
  field: string,
  dataset: Dataset,
  takings: Taking[],
  reader: Reader,
): Promise<{ rows: TrainRow[][]; count: number }> {
  const { environment, processor, maxLength, problems } = reader;
  const prompts = new Map<string, EncodedPrompt>();
  const bad = new Set<number>();
  const faults: Problem[] = [];
  const encoder: RowEncoder = {
    processor,
    environment,
    async prompt({ id, fields }) {
      const known = prompts.get(id) ?? (await processor.encodePrompt(environment.start(fields))).prompt;
      prompts.set(id, known);
      return known;
    },
  };
  const take = async (index: number, row: Taking["row"]): Promise<TrainRow> => {
    const example = await dataset.at(index);
    const wrong = environment.check(example.fields).map((message) => rowProblem(field, example, message));
    if (wrong.length > 0) throw new DataError(wrong);
    const taken = await row(example, encoder);
    const after = Math.max(...taken.completions.map(({ tokens }) => tokens.length));
    checkLength(example.id, { prompt: taken.prompt.tokens.length, after }, maxLength);
    return taken;
  };
  const looked = new Set<number>();
  const rows: TrainRow[][] = [];
  for (const { first, count, row: rowOf } of takings) {
    const taken: TrainRow[] = [];
    for (let index = first; index < first + Math.min(count, dataset.size); index++) {
      looked.add(index);
      const row = await noting(faults, () => take(index, rowOf));
      if (row === null) bad.add(index);
      else taken.push(row);
    }
    rows.push(taken);
  }
  problems.push(...new Map(faults.slice(0, NAMED).map((fault) => [problemText(fault), fault])).values());
  if (bad.size > 0)
    problems.push({ place: { file: field }, message: `of the ${looked.size} rows looked at, ${bad.size} would stop the run` });
  return { rows, count: looked.size };
}
