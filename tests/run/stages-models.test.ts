import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWeights } from "../../core/safetensors.ts";
import type { RunEvent } from "../../trainers/events.ts";
import { dpo, fixture, picturesOf, ppo, writeRecipe, writeRows } from "./fixtures.ts";
import { killAt } from "./kill.ts";
import { Program } from "./program.ts";
import { metricsOf, resultOf } from "./result.ts";

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-stages-"));
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

// pictures of one size, pictures of any size, and a text model of half precision
test.each(["smolvlm", "qwen2_5_vl", "qwen3"])(
  "%s: DPO and PPO with its critic, killed and resumed, in the files that it came in",
  async (name) => {
    await writeRows(folder, name, picturesOf(name));
    const model = `{ path: ${fixture(name)}, slots: 4, threads: 1 }`;
    const recipe = await writeRecipe(folder, { name, model, rows: name, stages: [dpo(2), ppo(2, "save_every: 1")] });
    const runDir = join(folder, "runs", name);
    const { code, err } = await program.run(["train", recipe, "--run-dir", runDir, "--json"]);
    expect(err).toBe("");
    expect(code).toBe(0);

    const rows = await metricsOf(runDir);
    expect(rows.map(({ stage, step }) => `${stage} ${step}`)).toEqual(["dpo 1", "dpo 2", "ppo 1", "ppo 2"]);
    for (const [key, value] of rows.flatMap((row) => Object.entries(row))) {
      // in JSON what is not finite is null
      if (typeof value !== "string") expect(value, key).toEqual(expect.any(Number));
    }
    expect(rows[0]!.loss).toBeCloseTo(Math.LN2, 6);
    expect(rows[1]!["rewards/margins"]).toBeGreaterThan(0);
    // the policy that is trained is the one that sampled, pictures included, and the reference is where it starts
    expect(rows[2]!.kl).toBeCloseTo(0, 3);
    expect(rows[2]!["critic/value_mean"]).toBe(0);
    expect(rows[3]!["critic/value_mean"]).not.toBe(0);

    const checkpoint = join(runDir, "checkpoints", "ppo-step-000002");
    expect([...(await readWeights(checkpoint)).tensors.keys()].sort()).toEqual(
      [...(await readWeights(fixture(name))).tensors.keys()].sort(),
    );
    expect(await readdir(checkpoint)).toContain("critic.safetensors");

    const killed = join(folder, "killed", name);
    const moment = (event: RunEvent) => event.type === "step" && event.stage === "ppo" && event.step === 2;
    expect(await killAt(program, recipe, killed, { event: moment })).toBe("SIGKILL");
    expect((await program.run(["train", recipe, "--run-dir", killed, "--resume", "auto", "--json"])).code).toBe(0);
    expect(await resultOf(killed)).toEqual(await resultOf(runDir));
  },
  180_000,
);
