import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CheckpointError, DataError } from "../../core/errors.ts";
import { smallDisk } from "../../tests/small-disk.ts";
import { crc32c } from "./crc32c.ts";
import { MetricsLog, type MetricsRow, readMetrics } from "./metrics.ts";

let run = "";
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "vlrl-metrics-"));
});
afterEach(() => rm(run, { recursive: true, force: true }));

const row = (step: number): MetricsRow => ({ stage: "rl", step, total_step: 100 + step, reward: step / 10, note: "ü" });
const path = () => join(run, "metrics.jsonl");
const text = () => readFile(path(), "utf8");

async function logged(steps: number[]): Promise<void> {
  const log = await MetricsLog.open(run);
  for (const step of steps) await log.append(row(step));
  await log.close();
}

test("one line a row, there as soon as it is appended", async () => {
  const log = await MetricsLog.open(run);
  await log.append(row(1));
  expect(await text()).toBe('{"stage":"rl","step":1,"total_step":101,"reward":0.1,"note":"ü"}\n');
  await log.append({ ...row(2), reward: Number.NaN });
  expect(log.lines).toBe(2);
  await log.close();
  expect((await readMetrics(path()))[1]).toEqual({ ...row(2), reward: null });
});

test("resumed at a checkpoint, the file equals that of a run that never stopped", async () => {
  await logged([1, 2, 3, 4]);
  const whole = await text();
  await writeFile(path(), whole.slice(0, -10)); // killed in the fourth line
  const log = await MetricsLog.open(run);
  expect(log.lines).toBe(3);
  expect(await log.truncateTo(2)).toBe(2); // the checkpoint was taken after two
  for (const step of [3, 4]) await log.append(row(step));
  await log.close();
  expect(await text()).toBe(whole);
  expect(await readdir(run)).toHaveLength(3); // and two event files
});

test("a torn last line is dropped when the log is opened", async () => {
  await logged([1, 2]);
  await writeFile(path(), (await text()).slice(0, -1));
  await logged([3]);
  expect(await readMetrics(path())).toEqual([row(1), row(3)]);
});

test("what is missing can't be brought back, but is told", async () => {
  await logged([1]);
  const log = await MetricsLog.open(run);
  expect(await log.truncateTo(5)).toBe(1);
  await log.append(row(2));
  await log.close();
  expect(await readMetrics(path())).toEqual([row(1), row(2)]);
});

test("a line that is not a row is named", async () => {
  await logged([1]);
  for (const wrong of ["{", "7", '{"stage":"rl"}']) {
    await logged([]);
    const whole = await text();
    await appendFile(path(), `${wrong}\n`);
    const failure = readMetrics(path());
    await expect(failure).rejects.toBeInstanceOf(DataError);
    await expect(failure).rejects.toThrow(/metrics\.jsonl:2: expected an object/);
    await writeFile(path(), whole);
  }
});

/** The messages of a TFRecord file, both checksums checked. */
async function records(file: string): Promise<Buffer[]> {
  const bytes = await readFile(file);
  const unmasked = (at: number) => {
    const value = (bytes.readUInt32LE(at) - 0xa282ead8) >>> 0;
    return ((value << 15) | (value >>> 17)) >>> 0;
  };
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmasked(at + 8)).toBe(crc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(at + 12 + length)).toBe(crc32c(data));
    out.push(data);
    at += 12 + length + 4;
  }
  return out;
}

test("the event file, byte for byte but for the clock", async () => {
  const log = await MetricsLog.open(run);
  await log.append({ stage: "rl", step: 1, total_step: 300, reward: 0.5, note: "text has no curve" });
  await log.truncateTo(0);
  await log.close();
  const [file] = (await readdir(run)).filter((name) => name.startsWith("events.out.tfevents."));
  const [version, scalar, restart] = await records(join(run, file!));
  expect(version!.readDoubleLE(1)).toBeGreaterThan(1.7e9); // seconds
  const afterClock = (message: Buffer) => message.subarray(9).toString("hex");
  // field 3, 13 bytes: "brain.Event:2"
  expect(afterClock(version!)).toBe(`1a0d${Buffer.from("brain.Event:2").toString("hex")}`);
  // field 2: 300 = 0b10_0101100; field 5, 18 bytes: field 1, 16 bytes: field 1, 9 bytes "rl/reward", field 2: 0.5 as float32
  expect(afterClock(scalar!)).toBe(`10ac022a120a100a09${Buffer.from("rl/reward").toString("hex")}150000003f`);
  // field 2: 0; field 7, 2 bytes: status 1, a session starts
  expect(afterClock(restart!)).toBe("10003a020801");
});

test("a full disk is named, and the file ends with a whole line", async () => {
  // Without the right to mount, core/atomic.test.ts still covers the error itself.
  const unmount = smallDisk(run);
  if (unmount === null) return;
  try {
    const log = await MetricsLog.open(run);
    await log.append(row(1));
    const failure = log.append({ ...row(2), note: "x".repeat(2_000_000) });
    await expect(failure).rejects.toBeInstanceOf(CheckpointError);
    await expect(failure).rejects.toThrow(/no space left on .*: needs about 2\.0 MB/);
    await log.append(row(3));
    await log.close();
    expect(await readMetrics(path())).toEqual([row(1), row(3)]);
  } finally {
    unmount();
  }
});
