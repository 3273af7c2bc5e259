import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CheckpointError } from "../core/errors.ts";
import { Random } from "../core/random.ts";
import { writeSafetensors } from "../core/safetensors-write.ts";
import { smallDisk } from "../tests/small-disk.ts";
import { loadState, type StateToSave } from "./state.ts";
import { latestCheckpoint, listCheckpoints, retain, saveCheckpoint, sweepCheckpoints } from "./store.ts";

let run = "";
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "vlrl-run-"));
});
afterEach(() => rm(run, { recursive: true, force: true }));

function state(stage: string, index: number, step: number, change: Partial<StateToSave> = {}): StateToSave {
  return {
    stage: { index, name: stage },
    step,
    finished: false,
    policy_version: step,
    data_position: step * 16,
    random: { data: Random.of(1, "data").state },
    metrics_lines: step,
    recipe: { name: "digits", stages: [] },
    evaluation: null,
    best: null,
    stages: [],
    trainer: { lr_step: step },
    ...change,
  };
}

async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, "config.json"), "{}");
  await writeSafetensors(join(folder, "model.safetensors"), new Map([["w", { shape: [2], data: Float32Array.of(1, 2) }]]));
}

async function save(stage: string, index: number, step: number, change: Partial<StateToSave> = {}): Promise<string> {
  return saveCheckpoint(run, state(stage, index, step, change), fill);
}

const names = async () => (await readdir(join(run, "checkpoints"))).sort();

test("what is saved is loaded, with the files' sizes", async () => {
  const given = state("rl", 1, 12, {
    evaluation: { n: 10, accuracy: 0.5, reward: null },
    best: { metric: "accuracy", value: 0.5, stage: "rl", step: 12 },
    stages: [{ name: "cold", wall_s: 3.5 }],
  });
  const folder = await saveCheckpoint(run, given, fill);
  expect(folder).toBe(join(run, "checkpoints/rl-step-000012"));
  const loaded = await loadState(folder);
  expect(loaded).toMatchObject(given);
  expect(loaded.files).toEqual({ "config.json": 2, "model.safetensors": 104 }); // 8 + 88 of header (85, padded) + 2 * 4
  expect(loaded.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(new Random(loaded.random.data!).uint32()).toBe(Random.of(1, "data").uint32());
});

test("checkpoints are listed by stage and step, and the newest is the one to resume from", async () => {
  expect(await latestCheckpoint(run)).toEqual({ checkpoint: null, warnings: [] });
  await save("rl", 1, 2);
  await save("rl", 1, 10);
  await save("warm_up", 0, 100);
  const { checkpoints } = await listCheckpoints(run);
  expect(checkpoints.map((one) => [one.state.stage.name, one.state.step])).toEqual([
    ["warm_up", 100],
    ["rl", 2],
    ["rl", 10],
  ]);
  expect((await latestCheckpoint(run)).checkpoint!.folder).toBe(join(run, "checkpoints/rl-step-000010"));
});

test("a checkpoint of the same step is replaced", async () => {
  await save("rl", 0, 1);
  await save("rl", 0, 1, { data_position: 77 });
  expect((await latestCheckpoint(run)).checkpoint!.state.data_position).toBe(77);
  expect(await names()).toEqual(["rl-step-000001"]);
});

test("damaged checkpoints are passed over with a warning, one for each kind of damage", async () => {
  await save("rl", 0, 1);
  await truncate(join(await save("rl", 0, 2), "model.safetensors"), 40);
  await rm(join(await save("rl", 0, 3), "config.json"));
  await writeFile(join(await save("rl", 0, 4), "state.json"), '{"format": 1');
  await rm(join(await save("rl", 0, 5), "state.json"));
  const header = join(await save("rl", 0, 6), "model.safetensors");
  const bytes = await readFile(header);
  bytes[8] = 0;
  await writeFile(header, bytes);
  const { checkpoint, warnings } = await latestCheckpoint(run);
  expect(checkpoint!.state.step).toBe(1);
  expect(warnings).toEqual([
    "rl-step-000002 is left out, it is damaged: model.safetensors has 40 of 104 bytes",
    "rl-step-000003 is left out, it is damaged: config.json is missing",
    expect.stringMatching(/^rl-step-000004 is left out, it is damaged: not JSON/),
    "rl-step-000005 is left out, it is damaged: there is no state.json",
    expect.stringMatching(/^rl-step-000006 is left out, it is damaged: the header does not start with \{/),
  ]);
});

test("a state of another version or with a wrong field is refused by name", async () => {
  const folder = await save("rl", 0, 1);
  const path = join(folder, "state.json");
  const whole = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...whole, format: 2, step: -1 }));
  const failure = loadState(folder);
  await expect(failure).rejects.toBeInstanceOf(CheckpointError);
  await expect(failure).rejects.toThrow(/format: this version of vlrl reads format 1/);
  await expect(failure).rejects.toThrow(/state\.json: step: /);
});

test("a fill that fails leaves nothing, and what a kill left is swept", async () => {
  const fail = async () => {
    throw new Error("engine is gone");
  };
  await expect(saveCheckpoint(run, state("rl", 0, 1), fail)).rejects.toThrow("engine is gone");
  expect(await names()).toEqual([]);
  await writeFile(join(run, "checkpoints/.rl-step-000001.999999999-00000000.part"), "");
  expect(await sweepCheckpoints(run)).toEqual([".rl-step-000001.999999999-00000000.part"]);
  expect(await names()).toEqual([]);
});

test("retention keeps the last, the best and the ends of stages", async () => {
  const accuracy = (value: number) => ({ evaluation: { accuracy: value } });
  await save("cold", 0, 50, accuracy(0.9));
  await save("cold", 0, 100, { ...accuracy(0.2), finished: true });
  for (const [step, value] of [
    [10, 0.5],
    [20, 0.7],
    [30, 0.7],
    [40, 0.6],
  ] as const) {
    await save("rl", 1, step, accuracy(value));
  }
  await save("rl", 1, 50);
  const removed = await retain(run, { keep_last: 2, keep_best: 2, metric: "accuracy" });
  // best two: 0.9 at cold 50, then the later of the two 0.7; last two: rl 40 and 50; end of a stage: cold 100
  expect(removed).toEqual(["rl-step-000010", "rl-step-000020"]);
  expect(await names()).toEqual(["cold-step-000050", "cold-step-000100", "rl-step-000030", "rl-step-000040", "rl-step-000050"]);
  expect(await retain(run, { keep_last: 0, keep_best: 0, metric: "accuracy" })).toEqual([
    "cold-step-000050",
    "rl-step-000030",
    "rl-step-000040",
  ]);
});

test("retention leaves damaged ones alone, and does not count them", async () => {
  await save("rl", 0, 1);
  await save("rl", 0, 2);
  await rm(join(await save("rl", 0, 3), "state.json"));
  expect(await retain(run, { keep_last: 1, keep_best: 0, metric: "accuracy" })).toEqual(["rl-step-000001"]);
  expect(await names()).toEqual(["rl-step-000002", "rl-step-000003"]);
});

test("a full disk leaves the checkpoints that were there", async () => {
  // Without the right to mount, core/atomic.test.ts still covers the error itself.
  const unmount = smallDisk(run);
  if (unmount === null) return;
  try {
    await save("rl", 0, 1);
    const large = async (folder: string) => {
      await fill(folder);
      await writeSafetensors(
        join(folder, "optimizer.safetensors"),
        new Map([["m", { shape: [500_000], data: new Float32Array(500_000) }]]),
      );
    };
    const failure = saveCheckpoint(run, state("rl", 0, 2), large);
    await expect(failure).rejects.toBeInstanceOf(CheckpointError);
    await expect(failure).rejects.toThrow(/no space left on .*: needs about 2\.0 MB/);
    expect(await names()).toEqual(["rl-step-000001"]);
    expect((await latestCheckpoint(run)).checkpoint!.state.step).toBe(1);
  } finally {
    unmount();
  }
});
