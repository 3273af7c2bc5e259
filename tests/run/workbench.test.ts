import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "./program.ts";
import { metricsOf } from "./result.ts";

/** A model that knows nothing yet never keeps the format: every group is flat from the first step on. */
const RECIPE = `model: { preset: tiny, slots: 8, threads: 1 }
data: { train: { name: digit_sum }, eval: null }
rewards: [{ name: answer }, { name: format, weight: 2 }]
stages:
  - { name: rl, kind: grpo, steps: 6, groups_per_step: 2, group_size: 4, sampling: { max_new_tokens: 6 } }
`;

let program: Program;
let folder: string;
let recipe: string;
let runDir: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-workbench-"));
  recipe = join(folder, "flat.yaml");
  runDir = join(folder, "run");
  await writeFile(recipe, RECIPE);
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

test("a run of collapsed groups warns once, in its fifth step; its rollouts score again as they did", { timeout: 120_000 }, async () => {
  const { code, events } = await program.run(["train", recipe, "--run-dir", runDir, "--json"]);
  expect(code).toBe(0);
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  expect(warnings.filter((message) => message.includes("groups have equal rewards"))).toEqual([
    "rl step 5: for 5 steps now 100 % of the groups have equal rewards throughout: little is learned. Are the rows too easy or too hard?",
  ]);
  expect((await metricsOf(runDir)).map((row) => (row as Record<string, number>)["monitor/collapsed_groups"])).toEqual(Array(6).fill(1));

  const scored = await program.run(["reward", "score", runDir, "--json"]);
  expect(scored.code).toBe(0);
  // 6 steps of 2 groups of 4
  expect(JSON.parse(scored.out)).toMatchObject({
    rows: 48,
    parts: [{ changed: 0 }, { changed: 0 }, { changed: 0 }],
    left: { rows: 0, turns: 0 },
  });
});

test("the audit of that recipe ends with exit code 3, and of one that weighs form less with 0", { timeout: 120_000 }, async () => {
  const bad = await program.run(["reward", "audit", recipe, "--rows", "4"]);
  expect(bad).toMatchObject({ code: 3, err: "" });
  expect(bad.out).toContain("form_alone is paid 67 %");
  const good = await program.run(["reward", "audit", recipe, "--rows", "4", "--set", "rewards.1.weight=0.5", "--json"]);
  expect(good.code).toBe(0);
  expect(JSON.parse(good.out).verdict).toBe("passed");
});

test("list and show read the comments of the compiled package", { timeout: 60_000 }, async () => {
  const { code, out } = await program.run(["reward", "show", "box_overlap", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    file: "rewards/perception/box-overlap.ts",
    line: "Overlap of one written box with the target box, in any convention of coordinates",
  });
});
