import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { advantages } from "../../trainers/advantages/index.ts";
import { policyLosses } from "../../trainers/losses/index.ts";
import { ROOT } from "../sources.ts";
import { Program } from "./program.ts";
import { metricsOf } from "./result.ts";

const FOLDER = join(ROOT, "configs", "debug");
const firstStage = async (name: string) =>
  (parse(await readFile(join(FOLDER, `${name}.yaml`), "utf8")) as { stages: [{ kind?: string }] }).stages[0];
const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".yaml") && name !== "base.yaml").map((name) => name.slice(0, -5));
const kinds = await Promise.all(names.map(async (name) => (await firstStage(name)).kind ?? "grpo"));
/** those of the GRPO family: the others have tests of their own */
const recipes = names.filter((_, i) => kinds[i] === "grpo");

let program: Program;
let folder: string;

beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-algorithms-"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Rows of metrics.jsonl and the warnings of a run. */
async function run(recipe: string, name: string, ...set: string[]) {
  const more = set.flatMap((assignment) => ["--set", assignment]);
  const runDir = join(folder, name);
  const { code, events, err } = await program.run(["train", recipe, "--run-dir", runDir, "--json", ...more]);
  expect(err).toBe("");
  expect(code).toBe(0);
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  return { rows: (await metricsOf(runDir)) as Record<string, number>[], warnings };
}

test("there is a recipe for every loss and every advantage", () => {
  const named = recipes.map((name) => name.replaceAll("-", "_"));
  const missing = [...policyLosses.names, ...advantages.names].filter((name) => !named.includes(name) && name !== "group_mean");
  expect(missing).toEqual([]);
});

test("every recipe takes two steps, on the policy that sampled or close to it", async () => {
  // one run of all their stages, each under its recipe's name, and in steps so small that the later ones find the same policy
  const stages = await Promise.all(recipes.map(async (name) => ({ ...(await firstStage(name)), name, steps: 2, optimizer: { lr: 1e-7 } })));
  const file = join(folder, "all.yaml");
  await writeFile(file, stringify({ extends: join(FOLDER, "base.yaml"), stages }));
  const { rows, warnings } = await run(file, "all");
  // groups that a filter could not replace are no fault here
  expect(warnings.filter((message) => !message.includes("pass the filter"))).toEqual([]);
  for (const recipe of recipes) {
    const own = rows.filter(({ stage }) => String(stage) === recipe);
    expect(own, recipe).toHaveLength(2);
    const learned = own.filter(({ loss }) => loss !== undefined);
    expect(learned.length, recipe).toBeGreaterThan(0);
    for (const { stage: _, ...row } of learned) {
      for (const [key, value] of Object.entries(row)) expect(Number.isFinite(value), `${recipe}, ${key}: ${value}`).toBe(true);
      expect(row.grad_norm, recipe).toBeGreaterThan(0);
      // updates of 1e-7 lie between where the sampler was behind or groups are replayed
      const gap = (row["policy/staleness"] ?? 0) > 0 ? 1e-3 : 1e-5;
      expect(Math.abs(row["rollout_corr/ppl_ratio"]! - 1), recipe).toBeLessThan(gap);
    }
  }
}, 300_000);

const meanOf = (rows: Record<string, number>[]) => rows.reduce((sum, row) => sum + row["rewards/sevens/mean"]!, 0) / rows.length;

describe.each(["grpo", "dapo", "dr-grpo", "gspo", "cispo", "rloo", "reinforce-plus-plus", "one-step-off", "replay"])("%s", (recipe) => {
  test("learns what it is paid for, and nothing when it is paid at random", async () => {
    const paid = (await run(join(FOLDER, `${recipe}.yaml`), `paid-${recipe}`)).rows;
    const random = (await run(join(FOLDER, `${recipe}.yaml`), `random-${recipe}`, "rewards.0.weight=0", "rewards.1.weight=1")).rows;
    const [start, end, control] = [meanOf(paid.slice(0, 2)), meanOf(paid.slice(-3)), meanOf(random.slice(-3))];
    console.log(`${recipe}: ${start.toFixed(3)} at first, ${end.toFixed(3)} at last; paid at random ${control.toFixed(3)}`);
    expect(start).toBeLessThan(0.15);
    expect(end).toBeGreaterThan(0.25);
    expect(control).toBeLessThan(0.1);
  }, 240_000);
});
