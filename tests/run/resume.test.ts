import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { RunEvent, RunSummary } from "../../trainers/events.ts";
import type { Trigger } from "./kill.ts";
import { type Program, TINY } from "./program.ts";
import { weightHashes } from "./result.ts";
import { killedRun, type RunResult, wholeRun } from "./whole.ts";

let program: Program;
let folder: string;
let whole: RunResult;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ program, folder, whole, remove } = await wholeRun(TINY));
}, 120_000);
afterAll(() => remove());

/** Seeded times after the start of a process: around the end of its start-up, so that no later moment is passed on a fast machine. */
const random = new Random(5);
const someTime = (): Trigger => ({ afterMs: random.integer(200, 1000) });

const stepOf = (stage: string, step: number) => (event: RunEvent) => event.type === "step" && event.stage === stage && event.step === step;
const grpoSampling = (done: number) => {
  let inGrpo = false;
  return (event: RunEvent) => {
    if (event.type === "stage") inGrpo = event.kind === "grpo";
    return inGrpo && event.type === "progress" && event.what === "sample" && event.done === done;
  };
};

// one after the other on the same run, each in the process that goes on after the one before
const MOMENTS: [string, Trigger][] = [
  ["some time after the start", someTime()],
  ["in an SFT step", { event: stepOf("warm", 2) }],
  ["while a checkpoint of SFT is written", { file: ["checkpoints", /^\.warm-step-00000[45]\..*part$/] }],
  ["some time later", someTime()],
  ["while sampling", { event: grpoSampling(3) }],
  // the rollouts' file appears between sampling and the update
  ["in the update of the policy", { file: ["rollouts", /^rl-step-000002\.arrow$/] }],
  ["while a checkpoint of GRPO is written", { file: ["checkpoints", /^\.rl-step-000002\..*part$/] }],
  ["while a rollout file is written", { file: ["rollouts", /^\.rl-step-000003\.arrow\..*part$/] }],
  ["some time before the end", someTime()],
];

test("killed at any moment and resumed, a run ends as if it had never stopped", async () => {
  const runDir = join(folder, "killed");
  const result = await killedRun(program, TINY, runDir, MOMENTS);
  expect(Object.keys(result.rollouts)).toEqual([1, 2, 3, 4].map((step) => `rl-step-00000${step}.arrow`));
  expect(Object.keys(result.weights["rl-step-000004"]!)).toContain("optimizer.safetensors");
  expect(result.weights["rl-step-000004"]).toEqual(whole.weights["rl-step-000004"]);
  expect(result).toEqual(whole);
  expect(await summaryOf(runDir)).toEqual(await summaryOf(join(folder, "whole")));
}, 180_000);

/** summary.json without its times and its own folder. */
async function summaryOf(runDir: string) {
  const summary = JSON.parse(await readFile(join(runDir, "summary.json"), "utf8")) as RunSummary;
  return { ...summary, wall_s: 0, checkpoint: "", stages: summary.stages.map((stage) => ({ ...stage, wall_s: 0, tokens_per_s: 0 })) };
}

describe("Ctrl-C", () => {
  test("finishes the step, saves, says how to go on and ends with 130; the rest is as if it had not stopped", async () => {
    const runDir = join(folder, "interrupted");
    let interrupted = false;
    const started = program.start(["train", TINY, "--run-dir", runDir, "--json"], {
      onEvent(event) {
        if (interrupted || !stepOf("warm", 2)(event)) return;
        interrupted = true;
        started.kill("SIGINT");
      },
    });
    const { code, err, events } = await started.ended;
    expect(err).toBe(
      `finishing the step, saving; press again to stop at once\nstopped. Go on with:\n  vlrl train ${TINY} --run-dir ${runDir} --resume\n`,
    );
    expect(code).toBe(130);
    expect(events.at(-1)).toMatchObject({ type: "end", interrupted: true });
    const again = await program.run(["train", TINY, "--run-dir", runDir, "--resume", "--json"]);
    expect(again.err).toBe("");
    expect(again.code).toBe(0);
    expect(await weightHashes(join(runDir, "checkpoints", "rl-step-000004"))).toEqual(whole.weights["rl-step-000004"]);
  });
});

describe("resuming with another recipe", () => {
  const resume = (...set: string[]) =>
    program.run(["train", TINY, "--run-dir", join(folder, "whole"), "--resume", "--json", ...set.flatMap((s) => ["--set", s])]);

  test("is refused where the numbers would change, with every field and both values", async () => {
    const { code, err } = await resume("seed=1", "stages.rl.kl_coef=0.2", "stages.warm.steps=7");
    expect(code).toBe(2);
    expect(err).toContain("seed: the run was started with 0, the recipe says 1\n");
    expect(err).toContain("stages[1].kl_coef: the run was started with 0.1, the recipe says 0.2\n");
    expect(err).toContain("stages[0].steps: the run was started with 6, the recipe says 7\n");
    expect(err).toContain("A run can't be resumed with these changed.");
    expect(err).not.toContain("    at ");
  });

  test("is taken where only looking and keeping change", async () => {
    const { code, err, events } = await resume(
      "evaluation.rows=4",
      "stages.rl.save_every=2",
      "stages.warm.eval_every=1",
      "checkpoints.keep_last=5",
      "rollouts.write=false",
    );
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(events[0]).toMatchObject({ type: "run", resumedFrom: { stage: "rl", step: 4 } });
  });

  test("a folder that holds a run is never started over", async () => {
    const { code, err } = await program.run(["train", TINY, "--run-dir", join(folder, "whole")]);
    expect(code).toBe(2);
    expect(err).toContain("this folder holds a run already\n  Go on with it: --resume.");
  });
});
