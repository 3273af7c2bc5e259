import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunEvent } from "../../trainers/events.ts";
import type { Trigger } from "./kill.ts";
import type { Program } from "./program.ts";
import { killedRun, type RunResult, wholeRun } from "./whole.ts";

const RECIPE = join(import.meta.dirname, "one-step-off.yaml");

let program: Program;
let folder: string;
let whole: RunResult;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ program, folder, whole, remove } = await wholeRun(RECIPE));
}, 120_000);
afterAll(() => remove());

/** The nth time that a process samples the completion `done`: at first of the step itself, then of the one ahead. */
const sampling = (done: number, time: number) => {
  let times = 0;
  return (event: RunEvent) => event.type === "progress" && event.what === "sample" && event.done === done && ++times === time;
};

// one after the other on the same run, each in the process that goes on after the one before
const MOMENTS: [string, Trigger][] = [
  ["while the first step is sampled", { event: sampling(3, 1) }],
  ["while the second is sampled ahead of the first", { event: sampling(3, 2) }],
  ["in the first update", { file: ["rollouts", /^rl-step-000001\.arrow$/] }],
  ["while the groups in flight are written", { file: ["checkpoints", /^\.rl-step-000001\..*part$/] }],
  ["behind the second step", { event: (event) => event.type === "checkpoint" && event.step === 2 }],
  // the third is in the checkpoint: what is sampled now is the fourth
  ["while the fourth is sampled ahead", { event: sampling(2, 1) }],
  ["in the update of the third", { file: ["rollouts", /^rl-step-000003\.arrow$/] }],
  ["behind the fourth step, with nothing left to sample", { event: (event) => event.type === "step" && event.step === 4 }],
];

test("killed with rollouts in flight and resumed, a run ends as if it had never stopped", async () => {
  expect(await killedRun(program, RECIPE, join(folder, "killed"), MOMENTS)).toEqual(whole);
}, 180_000);

test("every rollout says which policy sampled it, and every step how far behind that was", async () => {
  // two updates a step; the first two steps are by the policy of the start
  const versions = Object.values(whole.rollouts).map((rollouts) => [
    ...new Set((rollouts as { policyVersion: number }[]).map((one) => one.policyVersion)),
  ]);
  expect(versions).toEqual([[0], [0], [2], [4], [6]]);
  expect(whole.metrics.map((row) => row["policy/staleness"])).toEqual([0, 2, 2, 2, 2]);
  // on the policy that sampled in the first step alone
  const gaps = whole.metrics.map((row) => Math.abs(Number(row["rollout_corr/ppl_ratio"]) - 1));
  expect(gaps[0]).toBeLessThan(1e-5);
  for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThan(1e-5);
  const files = await readdir(join(folder, "whole", "checkpoints", "rl-step-000004"));
  expect(files.filter((name) => name.startsWith("in-flight"))).toEqual(["in-flight-000005.arrow", "in-flight.json"]);
});
