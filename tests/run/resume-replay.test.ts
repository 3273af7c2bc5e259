import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Trigger } from "./kill.ts";
import type { Program } from "./program.ts";
import { killedRun, type RunResult, wholeRun } from "./whole.ts";

const RECIPE = join(import.meta.dirname, "replay.yaml");

let program: Program;
let folder: string;
let whole: RunResult;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ program, folder, whole, remove } = await wholeRun(RECIPE));
}, 120_000);
afterAll(() => remove());

const MOMENTS: [string, Trigger][] = [
  ["while the groups of the first step are written", { file: ["checkpoints", /^\.rl-step-000001\..*part$/] }],
  ["behind the second step", { event: (event) => event.type === "checkpoint" && event.step === 2 }],
  ["in the update of the third", { file: ["rollouts", /^rl-step-000003\.arrow$/] }],
  ["behind the third", { event: (event) => event.type === "checkpoint" && event.step === 3 }],
];

test("killed between groups that are replayed and resumed, a run ends as if it had never stopped", async () => {
  expect(await killedRun(program, RECIPE, join(folder, "killed"), MOMENTS)).toEqual(whole);
}, 180_000);

test("replayed groups are in no rollout file, and in checkpoints for the steps that they are kept", async () => {
  expect(whole.metrics.map((row) => row["replay/groups"])).toEqual([0, 2, 2, 2]);
  // 2 groups of 4 a step
  expect(Object.values(whole.rollouts).map((rollouts) => rollouts.length)).toEqual([8, 8, 8, 8]);
  const files = await readdir(join(folder, "whole", "checkpoints", "rl-step-000003"));
  expect(files.filter((name) => name.startsWith("replay"))).toEqual(["replay-000002.arrow", "replay-000003.arrow", "replay.json"]);
});
