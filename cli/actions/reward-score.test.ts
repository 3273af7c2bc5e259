import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Rollout } from "../../core/types.ts";
import { episode } from "../../rewards/turns.ts";
import { RolloutFile } from "../../rollouts/arrow.ts";
import { toBatch } from "../../rollouts/schema.ts";
import { fakeTerminal } from "../../tests/fake-terminal.ts";
import { observation, policy } from "../../tests/trajectory.ts";
import { rewardCompare } from "./reward-compare.ts";
import { namedRewards, openScorer } from "./reward-open.ts";
import { rewardScore } from "./reward-score.ts";
import { rewardTest } from "./reward-test.ts";

let run: string;

/** A completion as a run of `answer` recorded it. */
function rollout(exampleId: string, group: number, member: number, text: string, score: number): Rollout {
  return {
    exampleId,
    group,
    member,
    seed: 0,
    policyVersion: 0,
    promptTokens: Int32Array.of(1),
    tokens: Int32Array.of(1, 2),
    logprobs: Float32Array.of(-1, -2),
    roles: ["policy", "policy"],
    promptText: "?",
    text,
    finish: "stop",
    pictureRef: null,
    startedMs: 0,
    finishedMs: 1,
    parts: [{ name: "answer", outcome: { kind: "score", score }, latencyMs: 1 }],
    reward: score,
    outcome: score,
    advantage: 0,
  };
}

async function writeRollouts(step: number, groups: Rollout[][]): Promise<void> {
  const file = await RolloutFile.open(join(run, "rollouts", `rl-step-00000${step}.arrow`));
  for (const group of groups) file.write(await toBatch(group, { stage: "rl", step }));
  await file.close();
}

beforeAll(async () => {
  run = await mkdtemp(join(tmpdir(), "vlrl-score-"));
  await mkdir(join(run, "rollouts"));
  await writeFile(join(run, "rows.jsonl"), '{"id":"one","question":"?","answer":"7"}\n{"id":"two","question":"?","answer":"9"}\n');
  await writeFile(
    join(run, "recipe.yaml"),
    "model: { preset: tiny }\ndata: { train: { name: jsonl, path: rows.jsonl }, eval: null }\nrewards: [{ name: answer }]\nstages: [{ name: rl, kind: sft, steps: 1 }]\n",
  );
  await writeRollouts(1, [[rollout("one", 0, 0, "<answer>7</answer>", 1), rollout("one", 0, 1, "<think>a</think><answer>8</answer>", 0)]]);
  await writeRollouts(2, [
    [rollout("two", 0, 0, "<answer>9</answer>", 1), rollout("two", 0, 1, "<answer>9</answer>", 1)],
    [rollout("gone", 1, 0, "x", 0)],
  ]);
});
afterAll(() => rm(run, { recursive: true, force: true }));

const scoreJson = async (options: object, path = run) => {
  const terminal = fakeTerminal();
  expect(await rewardScore(path, { set: [], json: true, ...options }, terminal)).toBe(0);
  return JSON.parse(terminal.printed);
};

test("the run's own rewards give what was recorded, rows found by their ids", async () => {
  const { rows, parts, examples, left } = await scoreJson({});
  expect(rows).toBe(4);
  expect(parts).toEqual([
    { name: "reward", before: 0.75, after: 0.75, changed: 0 },
    { name: "answer", before: 0.75, after: 0.75, changed: 0 },
  ]);
  expect(examples).toEqual([]);
  expect(left).toEqual({ rows: 1, turns: 0 });
});

test("another recipe: each part before and after, and examples", async () => {
  const other = join(run, "other.yaml");
  await writeFile(other, "rewards: [{ name: answer }, { name: format, weight: 2 }]\n");
  const { parts, examples } = await scoreJson({ recipe: other });
  // only the second completion is well formed: 2 in place of 0, (3 + 2) / 4
  expect(parts).toEqual([
    { name: "reward", before: 0.75, after: 1.25, changed: 1 },
    { name: "answer", before: 0.75, after: 0.75, changed: 0 },
    { name: "format", before: null, after: 0.25, changed: 4 },
  ]);
  expect(examples.map(({ id }: { id: string }) => id)).toEqual(["one, rl step 1, group 0 member 1"]);
  const terminal = fakeTerminal();
  await rewardScore(run, { set: [], recipe: other }, terminal);
  expect(terminal.printed).toMatch(/reward +0\.750 +1\.250 +1 of 4/);
  expect(terminal.printed).toContain("one, rl step 1, group 0 member 1: reward 0 to 2.000; answer 0 · format 1.000");
});

test("rewards of groups see their group, and those of one step alone", async () => {
  const groups = join(run, "groups.yaml");
  await writeFile(groups, "rewards: [{ name: diversity, options: { of: answer } }]\n");
  // one: 7 and 8, each unlike its only sibling; two: the same answer twice
  expect((await scoreJson({ recipe: groups })).parts[0].after).toBe(0.5);
  expect((await scoreJson({ recipe: groups }, join(run, "rollouts", "rl-step-000002.arrow"))).parts[0].after).toBe(0);
  // --limit keeps groups whole
  expect((await scoreJson({ recipe: groups, limit: 1 })).rows).toBe(2);
});

test("a trajectory is scored as it was: turns, tools and logs come out of the file as they went in", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-score-turns-"));
  await mkdir(join(folder, "rollouts"));
  await writeFile(join(folder, "rows.jsonl"), '{"id":"one","question":"?","answer":"7","documents":["d1"]}\n');
  await writeFile(
    join(folder, "recipe.yaml"),
    "model: { preset: tiny }\ndata: { train: { name: jsonl, path: rows.jsonl }, eval: null }\nrewards: [{ name: tool_success }, { name: retrieval_ndcg }]\nstages: [{ name: rl, kind: sft, steps: 1 }]\n",
  );
  const seen = episode([
    policy("ü<tool_call>{}</tool_call>"),
    observation("pages", { success: true, documents: ["d2", "d1"] }),
    policy("<tool_call>{}</tool_call>"),
    observation("a page", { success: false }),
    policy("7"),
  ]);
  const rewards = await openScorer(await namedRewards(join(folder, "recipe.yaml")));
  const example = { id: "one", fields: { documents: ["d1"] } };
  const live = await rewards.score({ example, finish: "stop", ...seen });
  await rewards.close();
  expect(live.reward).toBeCloseTo(1 / 2 + 1 / Math.log2(3), 12); // one call of two went well; the page came second
  const roles = seen.turns.flatMap(({ role, text }) => Array(text.length).fill(role));
  const { completion: text, turns, tokens: count } = seen;
  const recorded: Rollout = {
    ...rollout("one", 0, 0, text, 0),
    ...live,
    outcome: null,
    turns,
    roles,
    tokens: new Int32Array(count),
    logprobs: new Float32Array(count),
  };
  const file = await RolloutFile.open(join(folder, "rollouts", "rl-step-000001.arrow"));
  file.write(await toBatch([recorded, { ...recorded, member: 1, turns: undefined }], { stage: "rl", step: 1 }));
  await file.close();
  const { parts, left } = await scoreJson({}, folder);
  expect(parts).toMatchObject([
    { name: "reward", changed: 0, after: live.reward },
    { name: "tool_success", changed: 0, after: 1 / 2 },
    { name: "retrieval_ndcg", changed: 0 },
  ]);
  expect(left).toEqual({ rows: 0, turns: 1 }); // from before turns were recorded
  await rm(folder, { recursive: true });
});

test("mistakes of the reader", async () => {
  await expect(rewardScore(join(run, "nowhere"), { set: [] }, fakeTerminal())).rejects.toThrow("there is no such folder");
  await expect(rewardScore(tmpdir(), { set: [] }, fakeTerminal())).rejects.toThrow("no rollouts in it");
});

test("compare: two rewards on a run", async () => {
  const terminal = fakeTerminal();
  expect(await rewardCompare("answer", "format", run, { most: 3 }, terminal)).toBe(0);
  // answer 1 0 1 1, format 0 1 0 0: three pairs apart in both, all turned round
  expect(terminal.printed).toContain("Kendall's tau-b -1.000, on the same side 0 %");
  expect(terminal.printed).toContain("4 completions scored by both");
  expect(terminal.printed).toMatch(/a >= 0\.500 +0 +3\na < 0\.500 +1 +0\n/);
  const json = fakeTerminal();
  await rewardCompare("answer", "answer", run, { most: 3, json: true, thresholdA: 2 }, json);
  expect(JSON.parse(json.printed)).toMatchObject({ tau: 1, agreement: 0.25, differ: [], thresholds: { a: 2, b: 0.5 } });
});

test("reward test takes a run too", async () => {
  const terminal = fakeTerminal();
  expect(await rewardTest("answer", run, { set: [], json: true }, terminal)).toBe(0);
  expect(JSON.parse(terminal.printed)).toMatchObject({ rows: 4, stats: [{ mean: 0.75 }, { mean: 0.75 }] });
});

test("rollouts are scored again by the rewards that their own stage has, or the recipe's", async () => {
  const staged = join(run, "staged.yaml");
  const stage = (name: string, rewards: string) => `  - { name: ${name}, kind: grpo, steps: 1${rewards} }\n`;
  const write = (stages: string) => writeFile(staged, `rewards: [{ name: answer }]\nstages:\n${stages}`);
  // the stage that was recorded is called rl: its own list, format, is 1 for the second completion alone
  await write(stage("rl", ", rewards: [{ name: format, weight: 3 }]"));
  expect((await scoreJson({ recipe: staged })).parts).toEqual([
    { name: "reward", before: 0.75, after: 0.75, changed: 4 },
    { name: "answer", before: 0.75, after: null, changed: 4 },
    { name: "format", before: null, after: 0.25, changed: 4 },
  ]);
  await write(stage("other", ", rewards: [{ name: format }]") + stage("rl", ""));
  expect((await scoreJson({ recipe: staged })).parts).toMatchObject([{ changed: 0 }, { name: "answer", changed: 0 }]);
});

test("--stage picks the rewards of a stage", async () => {
  const staged = join(run, "picked.yaml");
  await writeFile(
    staged,
    "rewards: [{ name: answer }]\nstages: [{ name: rl, kind: grpo, steps: 1, rewards: [{ name: format, weight: 3 }] }]\n",
  );
  const tested = fakeTerminal();
  await rewardTest(staged, run, { set: [], json: true, stage: "rl" }, tested);
  expect(JSON.parse(tested.printed).stats).toMatchObject([
    { name: "reward", mean: 0.75 },
    { name: "format", mean: 0.25 },
  ]);
  const compared = fakeTerminal();
  await rewardCompare(staged, staged, run, { most: 3, json: true, stageB: "rl" }, compared);
  expect(JSON.parse(compared.printed)).toMatchObject({ mean_a: 0.75, mean_b: 0.75, tau: -1 });
  await expect(rewardTest("answer", run, { set: [], stage: "rl" }, fakeTerminal())).rejects.toThrow("has no stages");
});
