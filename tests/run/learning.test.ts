import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SEVENS } from "./fixtures.ts";
import { Program } from "./program.ts";
import { weightHashes } from "./result.ts";
import { meanOf, trained } from "./trained.ts";

const STEPS = 20;
const RECIPE = `model: { preset: tiny, slots: 32, threads: 1 }
data: { train: { name: jsonl, path: rows.jsonl }, eval: null }
rewards:
  - { file: sevens.mjs, weight: 1 }
  - { name: random, weight: 0 }
stages:
  - name: rl
    kind: grpo
    steps: ${STEPS}
    groups_per_step: 4
    group_size: 8
    save_every: 2
    sampling: { max_new_tokens: 8 }
    optimizer: { lr: 3.0e-3 }
checkpoints: { keep_last: 100 }
`;

let program: Program;
let folder: string;
const runDirOf = (name: string) => join(folder, "runs", name);

const run = (name: string, ...set: string[]) => trained(program, join(folder, "sevens.yaml"), runDirOf(name), set);

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-learning-"));
  const rows = ["1 + 2", "3 + 4 + 5", "What is the sum of the digits?", "6"].map((question) => JSON.stringify({ question, answer: "7" }));
  await writeFile(join(folder, "rows.jsonl"), `${rows.join("\n")}\n`);
  await writeFile(join(folder, "sevens.mjs"), SEVENS);
  await writeFile(join(folder, "sevens.yaml"), RECIPE);
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("GRPO from a random start", () => {
  test("learns what it is paid for", async () => {
    const rows = await run("paid");
    expect(rows).toHaveLength(STEPS);
    const [start, end] = [meanOf(rows.slice(0, 2), "rewards/sevens/mean"), meanOf(rows.slice(-3), "rewards/sevens/mean")];
    console.log(`paid for sevens: ${start.toFixed(3)} at first, ${end.toFixed(3)} at last`);
    expect(start).toBeLessThan(0.1);
    expect(end).toBeGreaterThan(0.5);
    // the first update of a step is on the policy that sampled
    for (const { ratio } of rows) expect(Math.abs(ratio! - 1)).toBeLessThan(1e-5);
  });

  test("and nothing when it is paid at random", async () => {
    const rows = await run("random", "rewards.0.weight=0", "rewards.1.weight=1");
    const end = meanOf(rows.slice(-3), "rewards/sevens/mean");
    console.log(`paid at random: ${end.toFixed(3)} at last`);
    expect(rows[0]!.reward).toBe(rows[0]!["rewards/random/mean"]);
    expect(end).toBeLessThan(0.15);
  });
});

test("the same seed is the same run, another seed another one", async () => {
  const weights = (name: string) => weightHashes(join(runDirOf(name), "checkpoints", "rl-step-000002"));
  const whole = await run("long", "stages.rl.steps=2");
  expect(await run("again", "stages.rl.steps=2")).toEqual(whole);
  expect(await weights("again")).toEqual(await weights("long"));
  expect(await run("other", "stages.rl.steps=2", "seed=1")).not.toEqual(whole);
  expect((await weights("other"))["model.safetensors"]).not.toBe((await weights("long"))["model.safetensors"]);
});
