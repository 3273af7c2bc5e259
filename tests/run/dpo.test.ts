import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { RunEvent } from "../../trainers/events.ts";
import { fixture, writeRecipe } from "./fixtures.ts";
import { killAt, type Trigger } from "./kill.ts";
import { Program } from "./program.ts";
import { metricsOf, resultOf } from "./result.ts";

let program: Program;
let folder: string;
const STEPS = 16;

/** Pairs of which the answer with more sevens is the better one, or either with the same probability. Every pair is seen once. */
async function writePairs(name: string, better: (random: Random) => boolean): Promise<void> {
  const random = new Random(2);
  const rows = Array.from({ length: STEPS * 8 }, (_, i) => {
    const digits = (from: string) => Array.from({ length: random.integer(2, 5) }, () => from[random.integer(0, from.length - 1)]).join("");
    const [seven, other] = [`7${digits("0123456789")}7`, `3${digits("012345689")}`];
    const [chosen, rejected] = better(random) ? [seven, other] : [other, seven];
    return JSON.stringify({ id: `pair-${i}`, prompt: `${random.integer(0, 99)} + ${random.integer(0, 99)}`, chosen, rejected });
  });
  await writeFile(join(folder, `${name}.jsonl`), `${rows.join("\n")}\n`);
}

const recipe = (rows: string, stage = "") => `model: { preset: tiny, slots: 8, threads: 1 }
data: { train: { name: jsonl, path: ${rows}.jsonl, shuffle: false }, eval: null }
environment: { name: chat }
rewards: [{ name: random }]
stages:
  - { name: dpo, kind: dpo, steps: ${STEPS}, batch_size: 8, optimizer: { lr: 1.0e-3 }${stage === "" ? "" : `, ${stage}`} }
checkpoints: { keep_last: 100 }
`;

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-dpo-"));
  await writePairs("sevens", () => true);
  await writePairs("chance", (random) => random.uniform() < 0.5);
}, 180_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

async function run(name: string, text: string) {
  await writeFile(join(folder, `${name}.yaml`), text);
  const { code, err } = await program.run(["train", join(folder, `${name}.yaml`), "--run-dir", join(folder, name), "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return (await metricsOf(join(folder, name))) as Record<string, number>[];
}

const lastMean = (rows: Record<string, number>[], key: string) => rows.slice(-6).reduce((sum, row) => sum + row[key]! / 6, 0);

describe("DPO from a random start", () => {
  test("tells the better answer of pairs that it has not seen", async () => {
    const rows = await run("paid", recipe("sevens"));
    expect(rows).toHaveLength(STEPS);
    // on the policy that it starts from: no margin, and log 2
    expect(rows[0]).toMatchObject({ "rewards/accuracies": 0, "rewards/margins": 0, loss: expect.closeTo(Math.LN2, 12) });
    const accuracy = lastMean(rows, "rewards/accuracies");
    console.log(`sevens preferred: accuracy ${accuracy.toFixed(3)}, margin ${lastMean(rows, "rewards/margins").toFixed(2)}`);
    expect(accuracy).toBeGreaterThan(0.95);
    expect(lastMean(rows, "loss")).toBeLessThan(0.5);
    for (const row of rows) expect(row["rewards/margins"]).toBeCloseTo(row["rewards/chosen"]! - row["rewards/rejected"]!, 6);
  });

  test("and nothing where preferences are chance", async () => {
    const accuracy = lastMean(await run("chance", recipe("chance")), "rewards/accuracies");
    console.log(`preferred at random: accuracy ${accuracy.toFixed(3)}`);
    // 48 pairs: half of them, give or take three standard deviations
    expect(Math.abs(accuracy - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / 48));
  });
});

test("an update does not depend on micro-batches, not of a loss that compares pairs with each other either", async () => {
  const losses = "losses: [{ name: aot, weight: 2 }, { name: sft, weight: 0.1 }]";
  const whole = await run("whole", recipe("sevens", `${losses}, micro_batch_size: 8`));
  const parts = await run("parts", recipe("sevens", `${losses}, micro_batch_size: 3`));
  // sixteen updates on, rounding of 1e-7 has grown
  expect(parts.map(({ loss }) => loss)).toEqual(whole.map(({ loss }) => expect.closeTo(loss!, 3)));
});

test("killed at any moment and resumed, a run ends as if it had never stopped", async () => {
  const text = recipe("sevens", "save_every: 1").replace(`steps: ${STEPS}`, "steps: 6");
  await run("straight", text);
  const stepOf = (step: number) => (event: RunEvent) => event.type === "step" && event.step === step;
  const moments: Trigger[] = [{ event: stepOf(1) }, { file: ["checkpoints", /^\.dpo-step-000003\..*part$/] }, { event: stepOf(5) }];
  const runDir = join(folder, "killed");
  for (const moment of moments) expect(await killAt(program, join(folder, "straight.yaml"), runDir, moment)).toBe("SIGKILL");
  const last = await program.run(["train", join(folder, "straight.yaml"), "--run-dir", runDir, "--resume", "auto", "--json"]);
  expect(last.code).toBe(0);
  expect(await resultOf(runDir)).toEqual(await resultOf(join(folder, "straight")));
}, 180_000);

describe("the reference", () => {
  const rows = [3, 4, 5, 6].map((n) => ({ prompt: `${n} + 1`, chosen: `${n + 1}`, rejected: `${n}`, answer: `${n + 1}` }));
  const stage = (more: string) => `{ name: dpo, kind: dpo, steps: 3, batch_size: 4, optimizer: { lr: 1.0e-2 }, ${more} }`;
  const of = async (name: string, model: string, more: string) => {
    await writeFile(join(folder, "sums.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const parts = { name, model, rows: "sums", stages: [stage(more)], more: "environment: { name: chat }" };
    return program.run(["train", await writeRecipe(folder, parts), "--run-dir", join(folder, name), "--json"]);
  };
  const lora = (more = "") => `{ path: ${fixture("qwen2")}, lora: { rank: 2${more} }, slots: 4, threads: 1 }`;

  test("is the same before a new adapter as with it left off", async () => {
    for (const reference of ["start", "base"]) expect((await of(reference, lora(), `reference: ${reference}`)).err).toBe("");
    const [start, base] = [await metricsOf(join(folder, "start")), await metricsOf(join(folder, "base"))];
    // x + 0 is x
    expect(base.map(({ loss }) => loss)).toEqual(start.map(({ loss }) => expect.closeTo(loss as number, 5)));
    expect(base[2]!.loss).toBeLessThan(0.65);
  });

  test("and an adapter that drops inputs is trained too", async () => {
    expect((await of("dropout", lora(", dropout: 0.2"), "reference: base")).err).toBe("");
    expect((await metricsOf(join(folder, "dropout")))[2]!.loss).toBeLessThan(0.68);
  });

  test("is refused where there is no adapter to leave off", async () => {
    const { code, err } = await of("bare", `{ path: ${fixture("qwen2")}, slots: 4, threads: 1 }`, "reference: base");
    expect(code).toBe(2);
    expect(err).toContain("stages.dpo.reference: the policy has no adapter that could be left off");
  });
});

test("what is missing in a row is said with its id", async () => {
  await writeFile(join(folder, "broken.jsonl"), `${JSON.stringify({ id: "r-1", prompt: "x", chosen: "y" })}\n`);
  await writeFile(join(folder, "broken.yaml"), recipe("broken"));
  const { code, err } = await program.run(["train", join(folder, "broken.yaml"), "--run-dir", join(folder, "broken"), "--json"]);
  expect(code).toBe(2);
  expect(err).toContain("r-1: rejected: the row has no such field\n");
});
