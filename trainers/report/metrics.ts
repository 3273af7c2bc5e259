/** The numbers of a run: `metrics.jsonl`, one line a step or evaluation, and the same as TensorBoard event files. */
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { diskError, exists, writeFully } from "../../core/atomic.ts";
import { DataError } from "../../core/errors.ts";
import { EventFile } from "./event-file.ts";

/** One line of metrics.jsonl. Metric keys are paths, as in `rewards/sum/mean`. */
export interface MetricsRow {
  stage: string;
  /** optimizer step or rollout batch within the stage, from 1; 0 is before the first */
  step: number;
  /** steps since the run began, over all stages: the x axis of every curve */
  total_step: number;
  /** a number that is not finite is written as null, for want of a JSON word */
  [metric: string]: number | string | null;
}

const NEWLINE = 0x0a;

/**
 * Appends rows, each with one write, so that a kill leaves at most one torn line. `lines` belongs into every checkpoint: on resume
 * `truncateTo` takes back what was written after it, and the file ends as if the run had never stopped.
 */
export class MetricsLog {
  private readonly path: string;
  private readonly handle: FileHandle;
  private readonly events: EventFile;
  /** byte offset of the end of every line */
  private ends: number[];

  private constructor(path: string, handle: FileHandle, events: EventFile, ends: number[]) {
    this.path = path;
    this.handle = handle;
    this.events = events;
    this.ends = ends;
  }

  /** Opens a run's log or starts one; a torn last line is dropped. Throws CheckpointError where the folder may not be written. */
  static async open(folder: string): Promise<MetricsLog> {
    const path = join(folder, "metrics.jsonl");
    const ends = await lineEnds(path);
    let handle: FileHandle;
    try {
      handle = await open(path, "a");
      await handle.truncate(ends.at(-1) ?? 0);
    } catch (error) {
      throw await diskError(error, path, 0);
    }
    return new MetricsLog(path, handle, await EventFile.open(folder), ends);
  }

  get lines(): number {
    return this.ends.length;
  }

  /**
   * Keeps the first `lines` lines, and tells TensorBoard to forget the steps behind them. Returns how many there are now: fewer where
   * the file had fewer, because someone cut it.
   */
  async truncateTo(lines: number): Promise<number> {
    this.ends = this.ends.slice(0, lines);
    await this.handle.truncate(this.ends.at(-1) ?? 0);
    const last = (await readMetrics(this.path)).at(-1);
    await this.events.restartFrom(last === undefined ? 0 : last.total_step + 1);
    return this.lines;
  }

  /** Throws CheckpointError where the disk is full; the file then ends with the line before. */
  async append(row: MetricsRow): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(row)}\n`, "utf8");
    const end = this.ends.at(-1) ?? 0;
    try {
      await writeFully(this.handle, line);
    } catch (error) {
      await this.handle.truncate(end);
      throw await diskError(error, this.path, line.byteLength);
    }
    this.ends.push(end + line.byteLength);
    await this.events.write(row.total_step, scalars(row));
  }

  /** Waits until all lines are on the disk: before a checkpoint that counts them. */
  async flush(): Promise<void> {
    await this.handle.datasync();
    await this.events.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.handle.close();
    await this.events.close();
  }
}

/** TensorBoard has one x axis for all: the stage goes into the tag, where it also groups the curves. */
function* scalars({ stage, step: _, total_step: __, ...metrics }: MetricsRow): Generator<[string, number]> {
  for (const [name, value] of Object.entries(metrics)) if (typeof value === "number") yield [`${stage}/${name}`, value];
}

async function lineEnds(path: string): Promise<number[]> {
  if (!(await exists(path))) return [];
  const ends: number[] = [];
  let start = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) ends.push(start + at + 1);
    start += chunk.byteLength;
  }
  return ends;
}

/** The rows of a metrics.jsonl; a torn last line is left out. Throws DataError, naming the line, where another one is not a row. */
export async function readMetrics(path: string): Promise<MetricsRow[]> {
  const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
  return lines.map((line, i) => {
    const row = parsed(line);
    if (isRow(row)) return row;
    throw new DataError({
      place: { file: path, line: i + 1 },
      message: "expected an object with stage, step and total_step",
      cure: "Remove the line, or restore the file as vlrl wrote it.",
    });
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Not JSON: not a row, which the caller reports with its place.
    return undefined;
  }
}

function isRow(value: unknown): value is MetricsRow {
  if (typeof value !== "object" || value === null) return false;
  const { stage, step, total_step } = value as Record<string, unknown>;
  return typeof stage === "string" && typeof step === "number" && typeof total_step === "number";
}
