import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CheckpointError } from "../core/errors.ts";
import { lockRun } from "./lock.ts";

let run = "";
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "vlrl-lock-"));
});
afterEach(() => rm(run, { recursive: true, force: true }));

const place = (owner: object) => writeFile(join(run, "run.lock"), JSON.stringify({ since: "then", token: "0", ...owner }));

test("one owner at a time; after the release another", async () => {
  const lock = await lockRun(join(run, "new/folder"));
  const second = lockRun(join(run, "new/folder"));
  await expect(second).rejects.toBeInstanceOf(CheckpointError);
  await expect(second).rejects.toThrow(`the run folder is in use by process ${process.pid} on ${hostname()}, since 20`);
  await lock.release();
  expect(await readdir(join(run, "new/folder"))).toEqual([]);
  await (await lockRun(join(run, "new/folder"))).release();
});

test("the lock of a process that was killed is taken over", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await place({ pid: child.pid, host: hostname(), born: null });
  await expect(lockRun(run)).rejects.toThrow(`in use by process ${child.pid}`);
  child.kill("SIGKILL");
  await once(child, "exit");
  const lock = await lockRun(run);
  expect(JSON.parse(await readFile(join(run, "run.lock"), "utf8"))).toMatchObject({ pid: process.pid });
  expect(await readdir(run)).toEqual(["run.lock"]);
  await lock.release();
});

test("a later process of the same id is not the owner", async () => {
  if (process.platform !== "linux") return;
  await place({ pid: process.pid, host: hostname(), born: "another-boot/1" });
  await (await lockRun(run)).release();
});

test("of many that find a stale lock, one gets it", async () => {
  await place({ pid: 999999999, host: hostname(), born: null });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockRun(run)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await readdir(run)).toEqual(["run.lock"]);
});

test("so is one whose clearing was killed too", async () => {
  await place({ pid: 999999999, host: hostname(), born: null });
  await writeFile(join(run, "run.lock.clearing"), await readFile(join(run, "run.lock")));
  await (await lockRun(run)).release();
  expect(await readdir(run)).toEqual([]);
});

test("another machine's lock, and one that can't be read, are for a person to remove", async () => {
  await place({ pid: 1, host: "elsewhere", born: null });
  await expect(lockRun(run)).rejects.toThrow(/in use by process 1 on elsewhere, since then\n.*delete this file/);
  await writeFile(join(run, "run.lock"), "?");
  await expect(lockRun(run)).rejects.toThrow(/in use by another process/);
  expect(await readdir(run)).toEqual(["run.lock"]);
});

test("a lock that another has taken is not released", async () => {
  const lock = await lockRun(run);
  await place({ pid: 1, host: "elsewhere", born: null });
  await lock.release();
  expect(await readdir(run)).toEqual(["run.lock"]);
});
