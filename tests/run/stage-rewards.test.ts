import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunEvent } from "../../trainers/events.ts";
import { ROOT } from "../sources.ts";
import { type Program, TINY } from "./program.ts";
import { killedRun, type RunResult, wholeRun } from "./whole.ts";

const RECIPE = join(ROOT, "tests/run/stage-rewards.yaml");

interface Recorded {
  tokens: Int32Array;
  parts: { name: string; outcome: { kind: string; score: number } }[];
  reward: number;
  outcome: number;
}

let program: Program;
let folder: string;
let whole: RunResult;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ program, folder, whole, remove } = await wholeRun(RECIPE));
}, 120_000);
afterAll(() => remove());

const rolloutsOf = (stage: string) =>
  Object.entries(whole.rollouts).flatMap(([file, rollouts]) => (file.startsWith(`${stage}-`) ? (rollouts as Recorded[]) : []));
const scoresOf = ({ parts }: Recorded) => Object.fromEntries(parts.map(({ name, outcome }) => [name, outcome.score]));

test("each stage is scored by its own rewards alone", () => {
  const see = rolloutsOf("see");
  expect(see).toHaveLength(2 * 2 * 4);
  for (const rollout of see) {
    const { luck, length_soft_cap: cap, ...others } = scoresOf(rollout);
    expect(others).toEqual({});
    const length = rollout.tokens.length;
    // 1 up to 4 tokens, then 4 of them
    expect(cap).toBeCloseTo(length <= 4 ? 1 : 4 / (length + 1e-5), 9);
    expect(rollout.reward).toBeCloseTo(3 * luck! - 0.5 * cap!, 9);
    expect(rollout.outcome).toBe(luck);
  }
  const think = rolloutsOf("think");
  expect(think).toHaveLength(3 * 2 * 4);
  for (const rollout of think) {
    const { random, format, ...others } = scoresOf(rollout);
    expect(others).toEqual({});
    expect(format).toBe(0);
    expect(rollout.reward).toBeCloseTo(2 * random!, 9);
  }
});

test("metrics are those of the stage, evaluations go by the recipe's rewards in both", () => {
  const [see, think] = ["see", "think"].map((stage) => whole.metrics.filter((row) => row.stage === stage).at(-1)!);
  expect(Object.keys(see!)).toEqual(
    expect.arrayContaining(["rewards/luck/mean", "rewards/length_soft_cap/mean", "eval_random", "eval_format"]),
  );
  expect(Object.keys(see!)).not.toContain("rewards/random/mean");
  expect(Object.keys(see!)).not.toContain("eval_luck");
  expect(Object.keys(think!)).toEqual(expect.arrayContaining(["rewards/random/mean", "eval_random", "eval_format"]));
  expect(Object.keys(think!)).not.toContain("rewards/luck/mean");
  for (const row of [see!, think!]) expect(row.eval_reward).toBeCloseTo(2 * (row.eval_random as number), 12);
});

test("killed in the first stage and in the second, it ends as if it had never stopped", async () => {
  const step = (stage: string, at: number) => (event: RunEvent) => event.type === "step" && event.stage === stage && event.step === at;
  const killed = await killedRun(program, RECIPE, join(folder, "killed"), [
    ["in the first stage", { event: step("see", 1) }],
    ["in the second", { event: step("think", 2) }],
  ]);
  expect(killed).toEqual(whole);
}, 120_000);

test("its rollouts score again as they did, each by its own stage's rewards", async () => {
  const { code, out, err } = await program.run(["reward", "score", join(folder, "whole"), "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  const { rows, parts } = JSON.parse(out) as { rows: number; parts: { name: string; changed: number }[] };
  expect(rows).toBe(5 * 2 * 4);
  expect(parts.map(({ name, changed }) => [name, changed])).toEqual(
    ["reward", "luck", "length_soft_cap", "random", "format"].map((name) => [name, 0]),
  );
});

test("a checkpoint from before stages had rewards of their own resumes, and is refused where one has them now", async () => {
  const recipe = join(folder, "plain.yaml");
  const plain = (await readFile(RECIPE, "utf8"))
    .replace("extends: tiny.yaml", `extends: ${TINY}`)
    .replace(/ {4}rewards:\n( {6}- .*\n)+/, "");
  await writeFile(recipe, plain);
  const runDir = join(folder, "plain");
  const args = ["train", recipe, "--run-dir", runDir, "--json"];
  expect((await program.run(args)).code).toBe(0);
  // back to the middle of the second stage, in the words of an older version
  for (const name of ["think-step-000002", "think-step-000003"]) await rm(join(runDir, "checkpoints", name), { recursive: true });
  const state = join(runDir, "checkpoints", "think-step-000001", "state.json");
  const stored = JSON.parse(await readFile(state, "utf8"));
  for (const stage of stored.recipe.stages) {
    expect(stage.rewards).toBeNull();
    for (const field of ["rewards", "replay", "staleness"]) delete stage[field];
  }
  await writeFile(state, JSON.stringify(stored));
  await cp(runDir, join(folder, "older"), { recursive: true });

  const resumed = await program.run([...args, "--resume"]);
  expect(resumed.err).toBe("");
  expect(resumed.events[0]).toMatchObject({ type: "run", resumedFrom: { stage: "think", step: 1 } });
  expect(resumed.code).toBe(0);

  const older = ["train", recipe, "--run-dir", join(folder, "older"), "--json", "--resume"];
  const refused = await program.run([...older, "--set", "stages.think.rewards=[{ name: format }]"]);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("stages[1].rewards: the run was started with null, the recipe says nothing");
}, 120_000);
