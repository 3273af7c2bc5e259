import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { diskError, processRuns } from "../core/atomic.ts";
import { CheckpointError } from "../core/errors.ts";

const Owner = z.object({
  pid: z.int(),
  host: z.string(),
  /** tells a process from a later one of the same id; null where the system does not say */
  born: z.string().nullable(),
  since: z.string(),
  token: z.string(),
});
type Owner = z.infer<typeof Owner>;

/** Others take milliseconds to clear a stale lock; whoever waits longer than this many looks waits for something else. */
const MOST_ATTEMPTS = 1000;

export interface RunLock {
  release(): Promise<void>;
}

/**
 * Takes a run folder for this process alone: `run.lock` names the owner. A lock whose process is dead is taken over.
 * Throws CheckpointError where the owner lives, or runs on another machine, where one can't see whether it does, and where the folder
 * can't be made or written.
 */
export async function lockRun(runDir: string): Promise<RunLock> {
  const path = join(runDir, "run.lock");
  const token = randomBytes(4).toString("hex");
  const mine: Owner = { pid: process.pid, host: hostname(), born: await birth(process.pid), since: new Date().toISOString(), token };
  const text = `${JSON.stringify(mine)}\n`;
  const draft = `${path}.${process.pid}-${token}`;
  try {
    await mkdir(runDir, { recursive: true });
    await writeFile(draft, text);
    for (let attempts = 1; !(await linked(draft, path)); attempts++) {
      if (!(await removeStale(path, draft)) || attempts === MOST_ATTEMPTS) throw held(path, await contents(path));
    }
  } catch (error) {
    throw await diskError(error, path, text.length);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    async release() {
      if ((await contents(path)) === text) await rm(path);
    },
  };
}

/** Gives the draft the lock's name, which only one of several processes can. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes a lock whose owner is dead; false where it lives. Two processes may find the same dead owner, and the slower one must not
 * remove the lock that the faster one has put there meanwhile: so only who holds `.clearing` may remove, which is a lock itself.
 */
async function removeStale(path: string, draft: string): Promise<boolean> {
  const found = await contents(path);
  if (found === null) return true;
  const owner = ownerOf(found);
  if (owner === null || owner.host !== hostname() || (await runs(owner))) return false;
  const claim = `${path}.clearing`;
  if (!(await linked(draft, claim))) {
    await removeStale(claim, draft);
    return true;
  }
  try {
    if ((await contents(path)) === found) await rm(path);
  } finally {
    await rm(claim);
  }
  return true;
}

async function runs({ pid, born }: Owner): Promise<boolean> {
  return processRuns(pid) && (born === null || born === (await birth(pid)));
}

function held(path: string, found: string | null): CheckpointError {
  const owner = found === null ? null : ownerOf(found);
  const who = owner === null ? "another process" : `process ${owner.pid} on ${owner.host}, since ${owner.since}`;
  return new CheckpointError({
    place: { file: path },
    message: `the run folder is in use by ${who}`,
    cure: "Wait for it or end it; or start another run: --run-dir with a new folder. If nothing runs there any more, delete this file.",
  });
}

async function contents(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function ownerOf(text: string): Owner | null {
  try {
    return Owner.parse(JSON.parse(text));
  } catch {
    // Not a lock that vlrl wrote: a person has to look.
    return null;
  }
}

/**
 * When a process began, as Linux tells it: the boot, and clock ticks since then (field 22 of /proc/PID/stat; the name before it may hold
 * spaces). A dead one that its parent has not asked about yet (state Z) has no birth.
 */
async function birth(pid: number): Promise<string | null> {
  const [status, boot] = await Promise.all([contents(`/proc/${pid}/stat`), contents("/proc/sys/kernel/random/boot_id")]);
  if (status === null || boot === null) return null;
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : `${boot.trim()}/${fields[19]}`;
}
