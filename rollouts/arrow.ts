/** Rollout files: Arrow IPC files, one record batch a group, written aside and renamed when complete. */
import { readFile } from "node:fs/promises";
import type { RecordBatch, RecordBatchFileWriter } from "apache-arrow";
import { type AtomicFile, beginAtomic } from "../core/atomic.ts";
import { DataError } from "../core/errors.ts";
import { fromBatch, type StoredRollout } from "./schema.ts";

const MAGIC = "ARROW1";
const WRITE_BYTES = 2 ** 20;

/**
 * A rollout file on its way: `write` batches as they come, then `close`. Until then an older file of that name stays as it is.
 * The disk is written in the background; what goes wrong there comes out of the next `write` or of `close`.
 */
export class RolloutFile {
  private readonly file: AtomicFile;
  private readonly writer: RecordBatchFileWriter;
  private readonly written: Promise<void>;
  private failure: { error: unknown } | null = null;
  private open = true;

  private constructor(file: AtomicFile, writer: RecordBatchFileWriter) {
    this.file = file;
    this.writer = writer;
    this.written = drain(writer, file).catch((error: unknown) => {
      this.failure = { error };
    });
  }

  /** Throws CheckpointError where the folder may not be written. */
  static async open(path: string): Promise<RolloutFile> {
    const { RecordBatchFileWriter } = await import("apache-arrow");
    return new RolloutFile(await beginAtomic(path), new RecordBatchFileWriter());
  }

  /** Adds a batch made by `toBatch`. Throws CheckpointError where the disk is full; nothing partial is left then. */
  write(batch: RecordBatch): void {
    if (!this.open) throw new Error("the rollout file was already closed");
    if (this.failure !== null) throw this.failure.error;
    this.writer.write(batch);
  }

  /** Writes the footer, flushes and renames. Throws as `write` does. */
  async close(): Promise<void> {
    if (!this.open) throw new Error("the rollout file was already closed");
    this.open = false;
    this.writer.close();
    await this.written;
    if (this.failure !== null) throw this.failure.error;
    await this.file.commit();
  }

  /** Throws away what was written. */
  async abort(): Promise<void> {
    this.open = false;
    this.writer.close();
    await this.written;
    await this.file.abort();
  }
}

/** The writer makes many small pieces; the disk gets large ones. */
async function drain(writer: RecordBatchFileWriter, file: AtomicFile): Promise<void> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of writer) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes < WRITE_BYTES) continue;
    await file.write(Buffer.concat(pieces));
    pieces = [];
    bytes = 0;
  }
  await file.write(Buffer.concat(pieces));
}

/** Every rollout of a file, in the order in which its groups were completed. Throws DataError where the file can't be read. */
export async function readRollouts(path: string): Promise<StoredRollout[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw new DataError(missing(path));
    throw error;
  });
  const problem = frameProblem(bytes);
  if (problem !== null) throw damaged(path, problem);
  const { tableFromIPC } = await import("apache-arrow");
  try {
    return tableFromIPC(bytes).batches.flatMap(fromBatch);
  } catch (error) {
    // The library reads offsets out of the file without checking them, so any kind of error may come of a damaged one.
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
}

function missing(path: string) {
  return { place: { file: path }, message: "there is no such file", cure: "Rollout files are in the folder rollouts/ of a run." };
}

function damaged(path: string, message: string): DataError {
  return new DataError({
    place: { file: path },
    message: `can't be read as a rollout file: ${message}`,
    cure: "Expected an Arrow IPC file that vlrl wrote, rollouts/*.arrow in a run folder, copied whole.",
  });
}

/** What is wrong with the frame of an Arrow file: magic, padding, …, footer, its length as int32, magic. The reader itself does not look. */
function frameProblem(bytes: Buffer): string | null {
  const end = bytes.byteLength - MAGIC.length;
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return `it does not start with ${MAGIC}`;
  if (end < 12 || bytes.toString("latin1", end) !== MAGIC) return "its end is missing";
  const footer = bytes.readInt32LE(end - 4);
  return footer > 0 && footer <= end - 12 ? null : `its footer claims ${footer} bytes`;
}
