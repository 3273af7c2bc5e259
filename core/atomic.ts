/**
 * Files and folders that are whole or absent: written aside, flushed to the disk, renamed, and the renaming flushed too. A kill
 * at any moment leaves the old one, the new one or nothing, and leftovers that `sweepTemporary` knows by their names.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CheckpointError, type Problem, UserError } from "./errors.ts";

/** Leftovers of this process that are still being written. */
const active = new Set<string>();

// .NAME.PID-RANDOM.part is being filled or thrown away; .NAME.PID-RANDOM.old was set aside for the moment of a replacement.
const LEFTOVER = /^\.(.+)\.(\d+)-[0-9a-f]{8}\.(part|old)$/;

function aside(path: string, kind: "part" | "old"): string {
  const target = resolve(path);
  return join(dirname(target), `.${basename(target)}.${process.pid}-${randomBytes(4).toString("hex")}.${kind}`);
}

export interface AtomicOptions {
  /** how much will be written, for the message when the disk is full */
  bytes?: number;
}

/** A file on its way: write to it, then `commit` or `abort`. */
export interface AtomicFile {
  write(data: Uint8Array): Promise<void>;
  /** Flushes and renames: after this the file is there, and stays there when the power fails. */
  commit(): Promise<void>;
  /** Removes what was written; the older file, if any, stays as it was. */
  abort(): Promise<void>;
}

/**
 * Starts a file beside where it will be. A write that fails removes its remains by itself.
 * Throws CheckpointError where the disk is full or may not be written.
 */
export async function beginAtomic(path: string, { bytes }: AtomicOptions = {}): Promise<AtomicFile> {
  const temporary = aside(path, "part");
  active.add(temporary);
  let handle: FileHandle | null = null;
  let written = 0;

  const abort = async (): Promise<void> => {
    await handle?.close();
    handle = null;
    await rm(temporary, { force: true });
    active.delete(temporary);
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await abort();
      throw await diskError(error, path, bytes ?? written);
    }
  };
  const opened = (): FileHandle => {
    if (handle === null) throw new Error(`${path} was already committed or aborted`);
    return handle;
  };

  handle = await guarded(() => open(temporary, "wx"));
  return {
    abort,
    write: (data) =>
      guarded(async () => {
        written += data.byteLength;
        await writeFully(opened(), data);
      }),
    commit: () =>
      guarded(async () => {
        await opened().sync();
        await opened().close();
        handle = null;
        await rename(temporary, path);
        active.delete(temporary);
        await syncFolder(dirname(resolve(path)));
      }),
  };
}

/** Writes every byte: a single `write` may take fewer, which is how a nearly full disk shows first. */
export async function writeFully(handle: FileHandle, data: Uint8Array): Promise<void> {
  // Linux takes at most 2 GiB in one call.
  const largest = 2 ** 30;
  for (let done = 0; done < data.byteLength; ) {
    const { bytesWritten } = await handle.write(data, done, Math.min(largest, data.byteLength - done), null);
    done += bytesWritten;
  }
}

/** Replaces the file at `path` by `data`, all of it or nothing. Throws CheckpointError where the disk is full. */
export async function atomicWrite(path: string, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
  const file = await beginAtomic(path, { bytes: bytes.byteLength });
  await file.write(bytes);
  await file.commit();
}

/**
 * Makes the folder `path` with what `fill` puts into the temporary folder it is given. A folder that was there is replaced.
 * Throws what `fill` throws, and CheckpointError where the disk is full; then nothing new is left behind.
 */
export async function atomicFolder(path: string, fill: (temporary: string) => Promise<void>, { bytes }: AtomicOptions = {}): Promise<void> {
  const temporary = aside(path, "part");
  active.add(temporary);
  try {
    await mkdir(temporary, { recursive: true });
    await fill(temporary);
    await syncTree(temporary);
    await replaceFolder(temporary, path);
  } catch (error) {
    const problem = await diskError(error, path, bytes ?? (await treeBytes(temporary)));
    await rm(temporary, { recursive: true, force: true });
    throw problem;
  } finally {
    active.delete(temporary);
  }
}

/** A full folder can't be renamed over. Between the two renames the old one is `.old`, which a sweep puts back. */
async function replaceFolder(from: string, path: string): Promise<void> {
  if (!(await exists(path))) {
    await rename(from, path);
    await syncFolder(dirname(resolve(path)));
    return;
  }
  const old = aside(path, "old");
  active.add(old);
  try {
    await rename(path, old);
    await rename(from, path).catch(async (error: unknown) => {
      await rename(old, path);
      throw error;
    });
    await syncFolder(dirname(resolve(path)));
    await rm(old, { recursive: true, force: true });
  } finally {
    active.delete(old);
  }
}

/** Removes a folder so that a kill on the way leaves a leftover and never half a folder under its own name. */
export async function atomicRemove(path: string): Promise<void> {
  const doomed = aside(path, "part");
  active.add(doomed);
  try {
    await rename(path, doomed);
    await rm(doomed, { recursive: true, force: true });
  } finally {
    active.delete(doomed);
  }
}

/**
 * Clears what killed writes left in `folder` (not below it): returns the names of what is gone. Leftovers of processes that
 * still run are left alone. Call it before anything writes there, in the thread that will.
 */
export async function sweepTemporary(folder: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(folder)) {
    const match = LEFTOVER.exec(name);
    if (match === null) continue;
    const [, target, pid, kind] = match;
    const path = join(resolve(folder), name);
    const ours = Number(pid) === process.pid;
    if (ours ? active.has(path) : processRuns(Number(pid))) continue;
    if (kind === "old" && !(await exists(join(folder, target!)))) {
      await rename(path, join(folder, target!));
      continue;
    }
    await rm(path, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

/** Whether a process of that id runs on this machine. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but it runs.
    return codeOf(error) === "EPERM";
  }
}

/** A full or forbidden disk under the folder of `path` as an error that names it and the cure; any other error as it was. */
export async function diskError(error: unknown, path: string, bytes: number): Promise<unknown> {
  const code = codeOf(error);
  const folder = dirname(resolve(path));
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new CheckpointError({
      place: { file: path },
      message: `no space left on ${folder}: needs about ${megabytes(bytes)} MB, ${await freeText(folder)}`,
      cure: "Nothing that was written before is lost. Free some space there.",
      elsewhere: true,
    });
  }
  // What may not be read elsewhere, for example a file to copy from, is another matter.
  if ((code === "EACCES" || code === "EPERM" || code === "EROFS") && onePath(pathOf(error), folder)) {
    return new CheckpointError({
      place: { file: path },
      message: `${folder} may not be written (${code})`,
      cure: "Change its permissions.",
      elsewhere: true,
    });
  }
  return error;
}

/** Does what writes. Where the disk is full or forbidden, the error advises to name another place by the option. */
export async function advising<T>(option: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || !error.problems.some(({ elsewhere }) => elsewhere)) throw error;
    const advised = ({ cure = "", elsewhere, ...problem }: Problem): Problem => ({
      ...problem,
      cure: elsewhere ? `${cure.replace(/\.$/, "")}, or give another place with ${option}.` : cure,
    });
    throw new CheckpointError(error.problems.map(advised));
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && "path" in error ? resolve(String(error.path)) : undefined;
}

/** Whether one of the two is the other or lies in it. */
function onePath(a: string | undefined, b: string): boolean {
  return a !== undefined && (`${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`));
}

function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

async function freeText(folder: string): Promise<string> {
  let place = folder;
  while (!(await exists(place))) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  return `${megabytes(bavail * bsize)} MB are free`;
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
    throw error;
  }
}

/** Flushes every file and folder below, and the folder itself. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  // Read-only files are flushed too, which Windows alone refuses.
  const handle = await open(path, process.platform === "win32" ? "r+" : "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows can't open a folder, and needs no flush for a rename.
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function treeBytes(folder: string): Promise<number> {
  if (!(await exists(folder))) return 0;
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    total += entry.isDirectory() ? await treeBytes(path) : (await stat(path)).size;
  }
  return total;
}
