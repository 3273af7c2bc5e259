import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CheckpointError, DataError } from "../core/errors.ts";
import type { Rollout } from "../core/types.ts";
import { smallDisk } from "../tests/small-disk.ts";
import { RolloutFile, readRollouts } from "./arrow.ts";
import { toBatch } from "./schema.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-rollouts-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function rollout(group: number, member: number, tokens = 3): Rollout {
  return {
    exampleId: `row ${group}`,
    group,
    member,
    seed: group * 10 + member,
    policyVersion: 1,
    promptTokens: Int32Array.of(1, 2),
    tokens: new Int32Array(tokens).fill(7),
    logprobs: new Float32Array(tokens).fill(-0.1),
    roles: Array(tokens).fill("policy"),
    promptText: "?",
    text: "!",
    finish: member === 0 ? "stop" : "length",
    pictureRef: null,
    startedMs: 0,
    finishedMs: 1,
    parts: [{ name: "sum", outcome: { kind: "score", score: member, metrics: { iou: 0.5 } }, latencyMs: 1 }],
    reward: member,
    outcome: member,
    advantage: null,
  };
}

const origin = { stage: "rl", step: 3 };
const group = (index: number, tokens?: number) => [rollout(index, 0, tokens), rollout(index, 1, tokens)];

async function write(path: string, groups: Rollout[][]): Promise<void> {
  const file = await RolloutFile.open(path);
  for (const one of groups) file.write(await toBatch(one, origin));
  await file.close();
}

test("groups come back in the order in which they were written", async () => {
  const path = join(folder, "step-000003.arrow");
  const groups = [group(2), group(0), [], group(1)];
  await write(path, groups);
  expect(await readRollouts(path)).toEqual(groups.flat().map((one) => ({ ...one, ...origin })));
  expect(await readdir(folder)).toEqual(["step-000003.arrow"]);
});

test("a file of more than one write to the disk", async () => {
  const path = join(folder, "large.arrow");
  await write(path, [group(0, 200_000), group(1, 200_000)]); // 2 * 2 * 200,000 * (4 + 4 + 1) bytes
  const back = await readRollouts(path);
  expect(back.map(({ tokens }) => tokens.length)).toEqual([200_000, 200_000, 200_000, 200_000]);
});

test("until it is closed, and when it is aborted, the older file stays", async () => {
  const path = join(folder, "step.arrow");
  await write(path, [group(0)]);
  const file = await RolloutFile.open(path);
  file.write(await toBatch(group(1), origin));
  expect(await readRollouts(path)).toHaveLength(2);
  await file.abort();
  expect((await readRollouts(path)).map(({ exampleId }) => exampleId)).toEqual(["row 0", "row 0"]);
  expect(await readdir(folder)).toEqual(["step.arrow"]);
  await expect(file.close()).rejects.toThrow("already closed");
});

test("a file that is cut or is something else is named, with the cure", async () => {
  const path = join(folder, "step.arrow");
  await write(path, [group(0), group(1)]);
  const whole = await readFile(path);
  const bad = join(folder, "bad.arrow");
  for (const length of [0, 5, 8, 20, whole.length / 2, whole.length - 1]) {
    await writeFile(bad, whole.subarray(0, length));
    const failure = readRollouts(bad);
    await expect(failure).rejects.toBeInstanceOf(DataError);
    await expect(failure).rejects.toThrow(/bad\.arrow: can't be read as a rollout file: .*\n {2}Expected an Arrow IPC file/);
  }
  const scrambled = Buffer.from(whole);
  scrambled.fill(0xa5, whole.length - 400, whole.length - 10); // inside the footer
  await writeFile(bad, scrambled);
  await expect(readRollouts(bad)).rejects.toBeInstanceOf(DataError);
  await expect(readRollouts(join(folder, "none.arrow"))).rejects.toThrow(/there is no such file/);
});

test("an Arrow file of other columns is refused", async () => {
  const { tableFromArrays, tableToIPC } = await import("apache-arrow");
  const path = join(folder, "other.arrow");
  await writeFile(path, tableToIPC(tableFromArrays({ x: Int32Array.of(1) }), "file"));
  await expect(readRollouts(path)).rejects.toThrow(/there is no column "stage"/);
});

test("a full disk is named and the older file stays", async () => {
  // Without the right to mount, core/atomic.test.ts still covers the error itself.
  const unmount = smallDisk(folder);
  if (unmount === null) return;
  try {
    const path = join(folder, "step.arrow");
    await write(path, [group(0)]);
    const failure = write(path, [group(0, 200_000), group(1, 200_000), group(2)]);
    await expect(failure).rejects.toBeInstanceOf(CheckpointError);
    await expect(failure).rejects.toThrow(`no space left on ${folder}`);
    expect(await readRollouts(path)).toHaveLength(2);
    expect(await readdir(folder)).toEqual(["step.arrow"]);
  } finally {
    unmount();
  }
});
