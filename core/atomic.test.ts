import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { smallDisk } from "../tests/small-disk.ts";
import { advising, atomicFolder, atomicRemove, atomicWrite, beginAtomic, diskError, sweepTemporary } from "./atomic.ts";
import { CheckpointError } from "./errors.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-atomic-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a file is replaced whole, and nothing else is left beside it", async () => {
  const path = join(folder, "a.json");
  await atomicWrite(path, "old");
  await atomicWrite(path, "ünew");
  expect(await readFile(path, "utf8")).toBe("ünew");
  expect(await readdir(folder)).toEqual(["a.json"]);
});

test("an aborted file leaves the older one", async () => {
  const path = join(folder, "a.bin");
  await atomicWrite(path, "old");
  const file = await beginAtomic(path);
  await file.write(Buffer.from("half"));
  expect(await readFile(path, "utf8")).toBe("old");
  await file.abort();
  await file.abort();
  await expect(file.write(Buffer.from("more"))).rejects.toThrow(/already committed or aborted/);
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a.bin"]);
});

test("a folder appears only when it is full, and replaces the older one", async () => {
  const path = join(folder, "checkpoint");
  await atomicFolder(path, async (inside) => {
    await mkdir(join(inside, "deep"));
    await writeFile(join(inside, "deep/weights"), "1");
    await expect(stat(path)).rejects.toThrow(/ENOENT/);
  });
  await atomicFolder(path, (inside) => writeFile(join(inside, "weights"), "2"));
  expect(await readdir(path)).toEqual(["weights"]);
  expect(await readdir(folder)).toEqual(["checkpoint"]);
});

test("a read-only file inside is no obstacle", async () => {
  await writeFile(join(folder, "source"), "x");
  await chmod(join(folder, "source"), 0o444);
  await atomicFolder(join(folder, "checkpoint"), (inside) => copyFile(join(folder, "source"), join(inside, "copy")));
  expect(await readFile(join(folder, "checkpoint/copy"), "utf8")).toBe("x");
});

test("what fill throws comes out unchanged, and nothing is left", async () => {
  const failure = new TypeError("a bug");
  const fill = async (inside: string) => {
    await writeFile(join(inside, "half"), "x");
    throw failure;
  };
  await expect(atomicFolder(join(folder, "checkpoint"), fill)).rejects.toBe(failure);
  expect(await readdir(folder)).toEqual([]);
});

test("a sweep removes what dead processes left, and puts back what was set aside", async () => {
  const dead = spawn(process.execPath, ["-e", ""]);
  await once(dead, "exit");
  const living = process.ppid;
  await mkdir(join(folder, `.step-1.${dead.pid}-00000000.part`));
  await writeFile(join(folder, `.step-1.${dead.pid}-00000000.part/weights`), "half");
  await mkdir(join(folder, `.step-2.${dead.pid}-00000000.old`));
  await writeFile(join(folder, `.step-2.${dead.pid}-00000000.old/weights`), "whole");
  await writeFile(join(folder, `.m.json.${dead.pid}-00000000.old`), "older");
  await writeFile(join(folder, "m.json"), "newer");
  await writeFile(join(folder, `.n.json.${living}-00000000.part`), "someone else's, still on its way");
  await writeFile(join(folder, ".hidden.part"), "not ours");
  const ours = await beginAtomic(join(folder, "o.json"));

  const removed = await sweepTemporary(folder);
  expect(removed.sort()).toEqual([`.m.json.${dead.pid}-00000000.old`, `.step-1.${dead.pid}-00000000.part`]);
  await ours.commit();
  expect((await readdir(folder)).sort()).toEqual([".hidden.part", `.n.json.${living}-00000000.part`, "m.json", "o.json", "step-2"]);
  expect(await readFile(join(folder, "step-2/weights"), "utf8")).toBe("whole");
});

test("a removed folder is gone at once under its own name", async () => {
  await mkdir(join(folder, "step-1"));
  await writeFile(join(folder, "step-1/weights"), "x");
  await atomicRemove(join(folder, "step-1"));
  expect(await readdir(folder)).toEqual([]);
});

/** Rewrites one folder of three equal files over and over, each time with other contents, and says when a round is done. */
const WRITER = `
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { atomicFolder } from ${JSON.stringify(new URL("./atomic.ts", import.meta.url).href)};
for (let round = 0; ; round++) {
  await atomicFolder(process.argv[2], async (inside) => {
    for (const name of ["a", "b", "c"]) await writeFile(join(inside, name), String(round).repeat(200_000));
  });
  process.stdout.write(".");
}`;

test("SIGKILL at any moment leaves a whole folder", { timeout: 60_000 }, async () => {
  const path = join(folder, "checkpoint");
  const script = join(folder, "writer.mts");
  await writeFile(script, WRITER);
  for (let kill = 0; kill < 8; kill++) {
    const child: ChildProcess = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), script, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout!, "data");
    await sleep(3 + 7 * kill);
    child.kill("SIGKILL");
    await once(child, "exit");

    await sweepTemporary(folder);
    expect((await readdir(folder)).sort()).toEqual(["checkpoint", "writer.mts"]);
    const contents = await Promise.all(["a", "b", "c"].map((name) => readFile(join(path, name), "utf8")));
    expect(contents[0]!.length).toBeGreaterThanOrEqual(200_000);
    expect(contents[1] === contents[0] && contents[2] === contents[0]).toBe(true);
  }
});

test.each([
  ["EACCES", "/runs/a/checkpoints/x", true], // the file itself
  ["EROFS", "/runs", true], // a parent that had to be made
  ["EACCES", "/data/weights", false], // what fill copied from
  ["EACCES", "/runs/ab", false],
  ["EIO", "/runs/a/checkpoints/x", false],
])("%s at %s is a folder that may not be written: %s", async (code, path, expected) => {
  const error = Object.assign(new Error(code), { code, path });
  const result = await diskError(error, "/runs/a/checkpoints", 0);
  expect(result instanceof CheckpointError).toBe(expected);
  if (expected) expect(String(result)).toContain(`/runs/a may not be written (${code})`);
  else expect(result).toBe(error);
});

test("what to do about a full or forbidden disk: another place, by the option of whoever writes", async () => {
  const failing = (code: string) => async () => {
    const error = Object.assign(new Error(code), { code, path: "/runs/a" });
    throw await diskError(error, "/runs/a/model.safetensors", 2e6);
  };
  await expect(failing("ENOSPC")()).rejects.toThrow(/\n {2}Nothing that was written before is lost\. Free some space there\.$/);
  await expect(advising("--out", failing("ENOSPC"))).rejects.toThrow(/Free some space there, or give another place with --out\.$/);
  await expect(advising("--run-dir", failing("EACCES"))).rejects.toThrow(
    /\n {2}Change its permissions, or give another place with --run-dir\.$/,
  );
  // the innermost says it, and what is no matter of the disk stays as it is
  await expect(advising("--run-dir", () => advising("--out", failing("EROFS")))).rejects.toThrow(/another place with --out\.$/);
  const other = new CheckpointError({ place: { file: "x" }, message: "damaged", cure: "Fetch it again." });
  await expect(advising("--out", () => Promise.reject(other))).rejects.toBe(other);
  expect(await advising("--out", async () => 3)).toBe(3);
});

test("a full disk is named, the older file stays, the partial one goes", async () => {
  const unmount = smallDisk(folder);
  if (unmount === null) {
    // No right to mount here: the device that is always full gives the same error to the same code.
    const handle = await open("/dev/full", "w");
    const error: unknown = await handle.write(Buffer.from("x")).catch((cause: unknown) => cause);
    await handle.close();
    expect(String(await diskError(error, join(folder, "a"), 3_000_000))).toMatch(/no space left on .*: needs about 3\.0 MB/);
    return;
  }
  try {
    const path = join(folder, "weights");
    await atomicWrite(path, "old");
    const large = Buffer.alloc(3_000_000, 1);
    const failure = atomicWrite(path, large);
    await expect(failure).rejects.toBeInstanceOf(CheckpointError);
    await expect(failure).rejects.toThrow(`no space left on ${folder}: needs about 3.0 MB`);
    expect(await readFile(path, "utf8")).toBe("old");

    const half = (inside: string) => writeFile(join(inside, "weights"), large);
    await expect(atomicFolder(join(folder, "checkpoint"), half)).rejects.toThrow(/no space left on .*: needs about 1\.0 MB/);
    await expect(atomicFolder(join(folder, "checkpoint"), half, { bytes: 4e6 })).rejects.toThrow(/needs about 4\.0 MB/);
    const nested = (inside: string) => atomicWrite(join(inside, "weights"), large);
    await expect(atomicFolder(join(folder, "checkpoint"), nested)).rejects.toThrow(/needs about 3\.0 MB/);
    expect(await readdir(folder)).toEqual(["weights"]);
    await atomicWrite(join(folder, "small"), Buffer.alloc(500_000));
  } finally {
    unmount();
  }
});
