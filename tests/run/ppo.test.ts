import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunEvent } from "../../trainers/events.ts";
import { SEVENS } from "./fixtures.ts";
import { killAt, type Trigger } from "./kill.ts";
import { Program } from "./program.ts";
import { resultOf } from "./result.ts";
import { meanOf, trained } from "./trained.ts";

let program: Program;
let folder: string;

const STEPS = 20;
const RECIPE = `model: { preset: tiny, slots: 32, threads: 1 }
data: { train: { name: jsonl, path: rows.jsonl }, eval: null }
rewards:
  - { file: sevens.mjs, weight: 1 }
  - { name: random, weight: 0 }
stages:
  - name: rl
    kind: ppo
    steps: ${STEPS}
    batch_size: 32
    epochs: 2
    kl_coef: 0
    sampling: { max_new_tokens: 8 }
    optimizer: { lr: 3.0e-3, lr_scale: { value_head: 0.1 } }
checkpoints: { keep_last: 100 }
`;

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-ppo-"));
  const rows = Array.from({ length: 64 }, (_, i) => JSON.stringify({ question: `${i % 8} + ${i >> 3}`, answer: "7" }));
  await writeFile(join(folder, "rows.jsonl"), `${rows.join("\n")}\n`);
  await writeFile(join(folder, "sevens.mjs"), SEVENS);
  await writeFile(join(folder, "ppo.yaml"), RECIPE);
}, 180_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

const run = (name: string, ...set: string[]) => trained(program, join(folder, "ppo.yaml"), join(folder, name), set);

describe("PPO from a random start", () => {
  test("learns what it is paid for, and its critic what to expect", async () => {
    const rows = await run("paid");
    expect(rows).toHaveLength(STEPS);
    const [start, end] = [meanOf(rows.slice(0, 2), "rewards/sevens/mean"), meanOf(rows.slice(-3), "rewards/sevens/mean")];
    const [value, back] = [meanOf(rows.slice(-3), "critic/value_mean"), meanOf(rows.slice(-3), "critic/return_mean")];
    console.log(`paid for sevens: ${start.toFixed(3)} at first, ${end.toFixed(3)} at last, of which ${value.toFixed(3)} were expected`);
    expect(start).toBeLessThan(0.1);
    expect(end).toBeGreaterThan(0.5);
    expect(rows[0]!["critic/value_mean"]).toBe(0);
    expect(Math.abs(value - back)).toBeLessThan(0.3 * back);
  });

  test("and nothing when it is paid at random", async () => {
    const rows = await run("random", "rewards.0.weight=0", "rewards.1.weight=1");
    const end = meanOf(rows.slice(-3), "rewards/sevens/mean");
    console.log(`paid at random: ${end.toFixed(3)} at last`);
    expect(rows[0]!.reward).toBe(rows[0]!["rewards/random/mean"]);
    expect(end).toBeLessThan(0.15);
  });
});

test("an update does not depend on micro-batches; the first is on the policy that sampled", async () => {
  const set = ["stages.rl.steps=2", "stages.rl.epochs=1", "stages.rl.kl_coef=0.1"];
  const whole = await run("whole", ...set);
  const parts = await run("parts", ...set, "stages.rl.micro_batch_size=5");
  // float32 logprobs of the sampler's graph and the trainer's
  expect(Math.abs(whole[0]!.ratio! - 1)).toBeLessThan(1e-5);
  expect(Math.abs(whole[0]!.kl!)).toBeLessThan(1e-5);
  for (const key of ["loss", "grad_norm", "value_loss", "entropy"]) expect(parts[0]![key], key).toBeCloseTo(whole[0]![key]!, 4);
});

test("a batch of more rows than there are is refused", async () => {
  const { code, err } = await program.run([
    ...["train", join(folder, "ppo.yaml"), "--run-dir", join(folder, "large"), "--json"],
    ...["--set", "stages.rl.batch_size=65"],
  ]);
  expect(code).toBe(2);
  expect(err).toContain("stages.rl.batch_size: expected no more than the 64 rows of data.train, got 65");
});

test("killed at any moment and resumed, a run ends as if it had never stopped, its critic too", async () => {
  const recipe = RECIPE.replace(`steps: ${STEPS}`, "steps: 5")
    .replace("batch_size: 32", "batch_size: 8\n    minibatches: 2\n    save_every: 1")
    .replace("kl_coef: 0", "kl_coef: 0.1");
  await writeFile(join(folder, "short.yaml"), recipe);
  const straight = await program.run(["train", join(folder, "short.yaml"), "--run-dir", join(folder, "straight"), "--json"]);
  expect(straight.code).toBe(0);
  const stepOf = (step: number) => (event: RunEvent) => event.type === "step" && event.step === step;
  const moments: Trigger[] = [
    { event: stepOf(1) },
    { file: ["rollouts", /^rl-step-000002\.arrow$/] },
    { file: ["checkpoints", /^\.rl-step-000003\..*part$/] },
  ];
  const runDir = join(folder, "killed");
  for (const moment of moments) expect(await killAt(program, join(folder, "short.yaml"), runDir, moment)).toBe("SIGKILL");
  const last = await program.run(["train", join(folder, "short.yaml"), "--run-dir", runDir, "--resume", "auto", "--json"]);
  expect(last.code).toBe(0);
  const result = await resultOf(runDir);
  expect(Object.keys(result.weights["rl-step-000005"]!)).toContain("critic.safetensors");
  expect(result).toEqual(await resultOf(join(folder, "straight")));
}, 180_000);
