import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { killAt, type Trigger } from "./kill.ts";
import { Program } from "./program.ts";
import { resultOf } from "./result.ts";

const RECIPE = join(import.meta.dirname, "replay.yaml");

let program: Program;
let folder: string;
let whole: Awaited<ReturnType<typeof resultOf>>;

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-resume-replay-"));
  const { code, err } = await program.run(["train", RECIPE, "--run-dir", join(folder, "whole"), "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  whole = await resultOf(join(folder, "whole"));
}, 120_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

const MOMENTS: [string, Trigger][] = [
  ["while the groups of the first step are written", { file: ["checkpoints", /^\.rl-step-000001\..*part$/] }],
  ["behind the second step", { event: (event) => event.type === "checkpoint" && event.step === 2 }],
  ["in the update of the third", { file: ["rollouts", /^rl-step-000003\.arrow$/] }],
  ["behind the third", { event: (event) => event.type === "checkpoint" && event.step === 3 }],
];

test("killed between groups that are replayed and resumed, a run ends as if it had never stopped", async () => {
  const runDir = join(folder, "killed");
  for (const [moment, trigger] of MOMENTS) expect(await killAt(program, RECIPE, runDir, trigger), moment).toBe("SIGKILL");
  const last = await program.run(["train", RECIPE, "--run-dir", runDir, "--resume", "auto", "--json"]);
  expect(last.err).toBe("");
  expect(last.code).toBe(0);
  expect(await resultOf(runDir)).toEqual(whole);
}, 180_000);

test("replayed groups are in no rollout file, and in checkpoints for the steps that they are kept", async () => {
  expect(whole.metrics.map((row) => row["replay/groups"])).toEqual([0, 2, 2, 2]);
  // 2 groups of 4 a step
  expect(Object.values(whole.rollouts).map((rollouts) => rollouts.length)).toEqual([8, 8, 8, 8]);
  const files = await readdir(join(folder, "whole", "checkpoints", "rl-step-000003"));
  expect(files.filter((name) => name.startsWith("replay"))).toEqual(["replay-000002.arrow", "replay-000003.arrow", "replay.json"]);
});
