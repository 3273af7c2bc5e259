import { DataError, noting, type Problem, problemText, UserError } from "../core/errors.ts";
import type { Example } from "../core/types.ts";
import type { Dataset } from "../datasets/define.ts";
import type { EncodedPrompt } from "../engines/engine.ts";
import { type Environment, resolveEnvironment } from "../environments/index.ts";
import { checkLength } from "../models/length.ts";
import type { Processor } from "../models/processor.ts";
import { createScorer } from "../rewards/compose.ts";
import type { RunPlan } from "./plan.ts";
import { responseOf } from "./response.ts";
import { type Crew, openData, rowProblem } from "./setup.ts";

/** A row as a stage or an evaluation takes it: its prompt, and how many tokens come after it or may come. */
export interface FirstRow {
  prompt: EncodedPrompt;
  after: number;
}

export interface FirstRows {
  /** of each stage */
  stages: FirstRow[][];
  /** of an evaluation; none where there is no data for it */
  held: FirstRow[];
  /** how many rows of each dataset were looked at */
  counts: { train: number; eval: number };
}

/** The rows that somebody takes, from one on, and the tokens after the prompt of each. */
interface Taking {
  first: number;
  count: number;
  after(example: Example, processor: Processor): number;
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
  const takings = [{ first: 0, count: Math.min(most, rows), after: () => sampling.max_new_tokens }];
  const held = data.held === null ? { rows: [[]], count: 0 } : await takeRows("data.eval", data.held, takings, reader);
  if (problems.length > 0) throw new UserError(problems);
  return { stages: train.rows, held: held.rows[0]!, counts: { train: train.count, eval: held.count } };
}

async function openChecked(plan: RunPlan, environment: Environment): Promise<Pick<Crew, "train" | "held">> {
  const scorer = await createScorer(plan.rewards, { folder: plan.folder, seed: plan.seed });
  try {
    return await openData(plan, environment, scorer);
  } finally {
    await scorer.close();
  }
}

/** Each stage goes on where the one before it stops. */
function stageTakings(stages: RunPlan["stages"], most: number): Taking[] {
  let next = 0;
  return stages.map((stage): Taking => {
    const first = next;
    const all = stage.steps * (stage.kind === "sft" ? stage.batch_size : stage.groups_per_step);
    next += all;
    const count = Math.min(most, all);
    if (stage.kind === "grpo") return { first, count, after: () => stage.sampling.max_new_tokens };
    // the token that ends a response is learned too
    return { first, count, after: (example, { encode }) => encode(responseOf(example, stage.response_field)).length + 1 };
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
): Promise<{ rows: FirstRow[][]; count: number }> {
  const { environment, processor, maxLength, problems } = reader;
  const prompts = new Map<number, EncodedPrompt>();
  const bad = new Set<number>();
  const faults: Problem[] = [];
  const take = async (index: number, after: Taking["after"]): Promise<FirstRow> => {
    const example = await dataset.at(index);
    const wrong = environment.check(example.fields).map((message) => rowProblem(field, example, message));
    if (wrong.length > 0) throw new DataError(wrong);
    const prompt = prompts.get(index) ?? (await processor.encodePrompt(environment.start(example.fields))).prompt;
    prompts.set(index, prompt);
    const row = { prompt, after: after(example, processor) };
    checkLength(example.id, { prompt: prompt.tokens.length, after: row.after }, maxLength);
    return row;
  };
  const looked = new Set<number>();
  const rows: FirstRow[][] = [];
  for (const { first, count, after } of takings) {
    const taken: FirstRow[] = [];
    for (let index = first; index < first + Math.min(count, dataset.size); index++) {
      looked.add(index);
      const row = await noting(faults, () => take(index, after));
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
