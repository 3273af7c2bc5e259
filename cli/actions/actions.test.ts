import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UserError } from "../../core/errors.ts";
import { RolloutFile } from "../../rollouts/arrow.ts";
import { type StoredRollout, toBatch } from "../../rollouts/schema.ts";
import { fakeTerminal as wideTerminal } from "../../tests/fake-terminal.ts";
import type { EvalResult, RunSummary } from "../../trainers/events.ts";
import type { RunControl, RunPlan } from "../../trainers/plan.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { doctor, type Finding, nodeVersion } from "./doctor.ts";
import { evaluateCommand } from "./eval.ts";
import { generateCommand } from "./generate.ts";
import { rolloutsCommand } from "./rollouts.ts";
import { schemaCommand } from "./schema.ts";
import { resumeCommand, type Trainer, train } from "./train.ts";

const RECIPE = `model: { preset: tiny }
data: { train: { name: digit_sum }, eval: null }
rewards: [{ name: answer }]
stages: [{ name: warm, kind: sft, steps: 5 }]
`;
const RESULT: EvalResult = { n: 20, accuracy: 0.5, accuracy_low: 0.299, accuracy_high: 0.701, reward: 0.5, answer: 0.5 };
const SUMMARY: RunSummary = {
  name: "r",
  seed: 0,
  model: { parameters: 1000, model_type: "smolvlm" },
  checkpoint: "runs/r/checkpoints/warm-step-000005",
  wall_s: 3,
  stages: [{ name: "warm", kind: "sft", steps: 5, wall_s: 3, tokens_per_s: 100, eval: RESULT }],
};

/** The size that these tests were written for. */
const fakeTerminal = (change: Partial<Terminal> = {}) => wideTerminal({ width: () => 80, height: () => 10, ...change });

let folder: string;
let recipe: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-cli-"));
  recipe = join(folder, "r.yaml");
  await writeFile(recipe, RECIPE);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

describe("train", () => {
  /** A trainer that notes what it was given and ends as told. */
  function fakeTrainer(work: (control: RunControl) => void = () => {}, interrupted = false) {
    const calls: { plan: RunPlan; control: RunControl }[] = [];
    const trainer: Trainer = {
      async runPlan(plan, control) {
        calls.push({ plan, control });
        control.listener({ type: "run", folder: control.runDir, resumedFrom: null, parameters: 1000, device: "cpu" });
        work(control);
        control.listener({ type: "end", summary: SUMMARY, interrupted });
        return SUMMARY;
      },
      estimate: async () => ({
        parameters: 1_234_567,
        memory_mb: 300,
        tokens_per_step: [{ stage: "warm", tokens: 4000 }],
        rows: { train: 2000, eval: 8 },
      }),
    };
    return { trainer, calls };
  }

  test("hands the plan over, in runs/<name> unless told otherwise, and prints the summary", async () => {
    const { trainer, calls } = fakeTrainer();
    const terminal = fakeTerminal();
    expect(await train(recipe, { set: ["seed=7"] }, terminal, trainer)).toBe(0);
    const [{ plan, control }] = calls as [(typeof calls)[0]];
    expect(plan).toMatchObject({ name: "r", seed: 7, folder, stages: [{ steps: 5 }] });
    expect(plan.recipeText).toContain("seed: 7");
    expect(control).toMatchObject({ runDir: join("runs", "r"), resume: "no" });
    expect(terminal.printed).toContain("warm       5  0.500 [0.299, 0.701]");
  });

  test.each([
    [undefined, { resume: "no" }],
    [true, { resume: "must" }],
    ["auto", { resume: "auto" }],
    ["runs/x/checkpoints/warm-step-000005", { resume: "must", from: "runs/x/checkpoints/warm-step-000005" }],
  ] as const)("--resume %s", async (resume, expected) => {
    const { trainer, calls } = fakeTrainer();
    await train(recipe, { set: [], runDir: "elsewhere", resume }, fakeTerminal(), trainer);
    expect(calls[0]!.control).toMatchObject({ runDir: "elsewhere", ...expected });
  });

  test("--json prints events only, one a line", async () => {
    const { trainer } = fakeTrainer();
    const terminal = fakeTerminal();
    await train(recipe, { set: [], json: true }, terminal, trainer);
    const events = terminal.printed
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toEqual(["run", "end"]);
  });

  test("--dry-run prints a recipe that loads again, and what it needs as comments", async () => {
    const { trainer, calls } = fakeTrainer();
    const terminal = fakeTerminal();
    expect(await train(recipe, { set: [], dryRun: true }, terminal, trainer)).toBe(0);
    expect(calls).toEqual([]);
    expect(terminal.printed).toContain(
      "# reward = answer\n# 1,234,567 parameters, about 300 MB of memory\n# warm: about 4,000 tokens a step\n" +
        "# nothing wrong with the model's files, nor with the rows looked at: 2,000 of data.train, 8 of data.eval\n",
    );
    await writeFile(join(folder, "again.yaml"), terminal.printed);
    const again = fakeTerminal();
    await train(join(folder, "again.yaml"), { set: [], dryRun: true }, again, trainer);
    expect(again.printed).toBe(terminal.printed);
  });

  test("--dry-run prints the sum of each stage that has rewards of its own", async () => {
    const set = ["stages=[{ name: rl, kind: grpo, steps: 1, rewards: [{ name: boxes }, { name: format, weight: 0.5 }] }]"];
    const terminal = fakeTerminal();
    await train(recipe, { set, dryRun: true }, terminal, fakeTrainer().trainer);
    expect(terminal.printed).toContain("# reward = answer\n# rl: reward = boxes + 0.5 * format\n# 1,234,567");
    const json = fakeTerminal();
    await train(recipe, { set, dryRun: true, json: true }, json, fakeTrainer().trainer);
    expect(JSON.parse(json.printed)).toMatchObject({ formula: "reward = answer", stage_formulas: { rl: "reward = boxes + 0.5 * format" } });
  });

  test("the first signal asks for an orderly end, and the command to go on with is printed", async () => {
    const before = process.listenerCount("SIGINT");
    const { trainer } = fakeTrainer((control) => {
      expect(control.signal.aborted).toBe(false);
      process.emit("SIGINT");
      expect(control.signal.aborted).toBe(true);
    }, true);
    const terminal = fakeTerminal();
    expect(await train(recipe, { set: ["seed=1"], runDir: "my runs/x" }, terminal, trainer)).toBe(130);
    expect(terminal.printed).toContain("finishing the step, saving; press again to stop at once\n");
    expect(terminal.printed.endsWith(`stopped. Go on with:\n  vlrl train ${recipe} --set seed=1 --run-dir 'my runs/x' --resume\n`)).toBe(
      true,
    );
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  test("the second signal ends the process at once", async () => {
    const exit = vi.spyOn(process, "exit").mockImplementation(() => {
      throw new Error("exit");
    });
    const { trainer } = fakeTrainer(() => {
      process.emit("SIGTERM");
      expect(() => process.emit("SIGINT")).toThrow("exit");
    });
    await train(recipe, { set: [] }, fakeTerminal(), trainer);
    expect(exit).toHaveBeenCalledWith(130);
  });

  test("signals are let go of when a run fails", async () => {
    const before = process.listenerCount("SIGTERM");
    const { trainer } = fakeTrainer(() => {
      throw new UserError({ place: { file: "runs/r" }, message: "this folder holds a run already" });
    });
    await expect(train(recipe, { set: [] }, fakeTerminal(), trainer)).rejects.toThrow("holds a run already");
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });

  test("what a shell would split or expand is quoted", () => {
    expect(resumeCommand("r.yaml", { set: ["name=it's", "rewards=[{ name: answer }]"] })).toBe(
      "vlrl train r.yaml --set 'name=it'\\''s' --set 'rewards=[{ name: answer }]' --resume",
    );
  });
});

describe("eval", () => {
  test("takes the recipe of the run, with rows and samples over it, and prints a table", async () => {
    const checkpoint = join(folder, "checkpoints", "warm-step-000005");
    await mkdir(checkpoint, { recursive: true });
    await writeFile(join(folder, "recipe.yaml"), RECIPE);
    const plans: RunPlan[] = [];
    const terminal = fakeTerminal();
    const code = await evaluateCommand(checkpoint, { set: ["seed=4"], rows: 20, samples: 3 }, terminal, async ({ plan }) => {
      plans.push(plan);
      return RESULT;
    });
    expect(code).toBe(0);
    expect(plans[0]).toMatchObject({ name: "recipe", seed: 4, evaluation: { rows: 20, samples: 3 } });
    expect(terminal.printed).toContain("accuracy  0.500 [0.299, 0.701]\n");
  });

  test("--json prints the numbers only", async () => {
    const terminal = fakeTerminal();
    await evaluateCommand(folder, { set: [], recipe, json: true }, terminal, async (_, listener) => {
      listener({ type: "progress", what: "eval", done: 1, total: 20 });
      return RESULT;
    });
    expect(JSON.parse(terminal.printed)).toEqual({ checkpoint: folder, eval: RESULT });
  });

  test("a checkpoint that is not there, or not in a run", async () => {
    const never = async () => RESULT;
    await expect(evaluateCommand(join(folder, "nope"), { set: [] }, fakeTerminal(), never)).rejects.toThrow("there is no such folder");
    await expect(evaluateCommand(folder, { set: [] }, fakeTerminal(), never)).rejects.toThrow("--recipe <file>");
  });
});

describe("generate", () => {
  const answer = { text: "<answer>7</answer>\u001b[2J", tokens: 3, logprob: -0.25, finish: "stop" as const };

  test("is greedy for one answer and not for several; control characters lose their power", async () => {
    const temperatures: number[] = [];
    const terminal = fakeTerminal();
    const generate = async ({ sampling }: { sampling: { temperature: number } }) => {
      temperatures.push(sampling.temperature);
      return [answer];
    };
    await generateCommand("c", "What?", { seed: 0, samples: 1 }, terminal, generate);
    await generateCommand("c", "What?", { seed: 0, samples: 2 }, terminal, generate);
    await generateCommand("c", "What?", { seed: 0, samples: 2, temperature: 0.5 }, terminal, generate);
    expect(temperatures).toEqual([0, 1, 0.5]);
    expect(terminal.printed.split("\n")[0]).toBe("<answer>7</answer>\\u001b[2J");
    expect(terminal.said.split("\n")[0]).toBe("  (3 tokens, logprob -0.250, ended by stop)");
  });

  test("--json, and a temperature that can't be", async () => {
    const terminal = fakeTerminal();
    await generateCommand("c", "What?", { seed: 0, samples: 1, json: true }, terminal, async () => [answer]);
    expect(JSON.parse(terminal.printed)).toEqual([answer]);
    const hot = generateCommand("c", "What?", { seed: 0, samples: 1, temperature: 11 }, terminal, async () => [answer]);
    await expect(hot).rejects.toThrow(/^--temperature: /);
  });
});

describe("rollouts", () => {
  const rollout = (group: number, member: number, reward: number | null): StoredRollout => ({
    stage: "rl",
    step: 12,
    exampleId: `digit_sum/train/00000${group}`,
    group,
    member,
    seed: 1,
    policyVersion: 3,
    promptTokens: Int32Array.of(1, 2),
    tokens: Int32Array.of(5, 6, 7),
    logprobs: Float32Array.of(-0.5, -0.25, -1),
    roles: ["policy", "policy", "policy"],
    promptText: "User:<image><image><image><image><image>What is it?",
    text: `answer ${group}${member}\u0007`,
    finish: "stop",
    pictureRef: null,
    startedMs: 0,
    finishedMs: 5,
    parts: [
      reward === null
        ? { name: "answer", outcome: { kind: "error", message: "it broke\nbadly" }, latencyMs: 1 }
        : { name: "answer", outcome: { kind: "score", score: reward }, latencyMs: 1 },
    ],
    reward,
    outcome: reward,
    advantage: reward === null ? null : reward - 0.5,
  });

  async function writeRollouts(name: string, groups: StoredRollout[][]): Promise<string> {
    await mkdir(join(folder, "rollouts"), { recursive: true });
    const path = join(folder, "rollouts", name);
    const file = await RolloutFile.open(path);
    for (const group of groups) file.write(await toBatch(group, { stage: "rl", step: 12 }));
    await file.close();
    return path;
  }
  const GROUPS = [
    [rollout(0, 0, 0), rollout(0, 1, 1)],
    [rollout(1, 0, null), rollout(1, 1, 1)],
  ];

  test("shows groups under their prompts", async () => {
    const path = await writeRollouts("step-000012.arrow", GROUPS);
    const terminal = fakeTerminal();
    expect(await rolloutsCommand(path, { sort: "order" }, terminal)).toBe(0);
    expect(terminal.printed.split("\n")).toEqual([
      path,
      "rl step 12 · 2 groups, 4 rollouts · reward 0.667 on average · 1 not scored",
      "",
      "group 0 · digit_sum/train/000000",
      "  User:<image>×5What is it?",
      "  [0] reward 0 · advantage -0.500 · answer 0 · 3 tokens · stop",
      "      answer 00\\u0007",
      "  [1] reward 1.000 · advantage +0.500 · answer 1.000 · 3 tokens · stop",
      "      answer 01\\u0007",
      "",
      "group 1 · digit_sum/train/000001",
      "  User:<image>×5What is it?",
      "  [0] not scored · answer error: it broke · 3 tokens · stop",
      "      answer 10\\u0007",
      "  [1] reward 1.000 · advantage +0.500 · answer 1.000 · 3 tokens · stop",
      "      answer 11\\u0007",
      "",
    ]);
  });

  test("a run folder stands for its newest file; best first; so many groups; JSON", async () => {
    await writeRollouts("step-000001.arrow", [GROUPS[0]!]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeRollouts("step-000002.arrow", GROUPS);
    const terminal = fakeTerminal();
    await rolloutsCommand(folder, { sort: "reward", limit: 1 }, terminal);
    expect(terminal.printed).toContain("step-000002.arrow (the newest; 1 more beside it)\n");
    // Group 1's only scored completion makes its mean 1; group 0's is 0.5.
    expect(terminal.printed).toContain("group 1 ");
    expect(terminal.printed).not.toContain("group 0 ");
    expect(terminal.printed).toContain("… 1 more groups: --limit");
    const json = fakeTerminal();
    await rolloutsCommand(folder, { sort: "order", group: 1, json: true }, json);
    const lines = json.printed
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ member }) => member)).toEqual([0, 1]);
    expect(lines[0]).toMatchObject({ tokens: [5, 6, 7], logprobs: [-0.5, -0.25, -1], reward: null });
  });

  test("on a live terminal a screen at a time, until q", async () => {
    const path = await writeRollouts("step-000012.arrow", GROUPS);
    const terminal = fakeTerminal({ live: true });
    const keys: ("next" | "quit")[] = ["next", "quit"];
    await rolloutsCommand(path, { sort: "order" }, terminal, async () => keys.shift()!);
    // 16 lines on screens of 9: one page and a wish for the next shows all.
    expect(keys).toEqual(["quit"]);
    expect(terminal.printed.match(/-- space: more, q: quit --/g)).toHaveLength(1);
    const quit = fakeTerminal({ live: true });
    await rolloutsCommand(path, { sort: "order" }, quit, async () => "quit");
    expect(quit.printed).not.toContain("group 1");
  });

  test("nothing there, nothing yet, no such group", async () => {
    const show = (path: string, group?: number) => rolloutsCommand(path, { sort: "order", group }, fakeTerminal());
    await expect(show(join(folder, "x.arrow"))).rejects.toThrow("there is no such file or folder");
    await expect(show(folder)).rejects.toThrow("no rollouts in it yet");
    const path = await writeRollouts("step-000012.arrow", GROUPS);
    await expect(show(path, 9)).rejects.toThrow("has no group 9\n  It has the groups 0 to 1.");
  });
});

test("schema: printed, or written to a file", async () => {
  const terminal = fakeTerminal();
  await schemaCommand({}, terminal);
  await schemaCommand({ out: join(folder, "s.json") }, terminal);
  expect(await readFile(join(folder, "s.json"), "utf8")).toBe(terminal.printed);
  await expect(schemaCommand({ out: join(folder, "no", "s.json") }, terminal)).rejects.toThrow("there is no such folder");
});

describe("doctor", () => {
  const found: Finding[] = [
    { name: "Node", state: "ok", detail: "20.20.2" },
    { name: "sharp", state: "failed", detail: "cannot load", cure: "Install again." },
    { name: "gpu", state: "optional", detail: "not installed" },
  ];

  test("what is missing comes with its cure and exit code 2", async () => {
    const terminal = fakeTerminal();
    expect(await doctor({}, terminal, async () => found)).toBe(2);
    expect(terminal.printed).toBe(
      "ok      Node: 20.20.2\nmissing sharp: cannot load\n        Install again.\n–       gpu: not installed\n",
    );
    expect(await doctor({ json: true }, fakeTerminal(), async () => [found[0]!, found[2]!])).toBe(0);
  });

  test.each([
    ["20.19.0", "ok"],
    ["20.18.3", "failed"],
    ["18.20.0", "failed"],
    ["22.0.0", "ok"],
  ])("Node %s: %s", (version, state) => expect(nodeVersion(version).state).toBe(state));

  test("this machine will do", async () => {
    const terminal = fakeTerminal();
    expect(await doctor({ json: true }, terminal)).toBe(0);
    const names = (JSON.parse(terminal.printed) as Finding[]).map(({ name, state }) => `${name} ${state}`);
    expect(names).toContain("onnxruntime-node ok");
    expect(names).toContain("sharp ok");
    // what is not loaded is listed all the same
    for (const device of ["cpu", "wasm", "webgpu", "node", "gpu"])
      expect(names.some((name) => name.startsWith(`tfjs-${device} `))).toBe(true);
  });

  test("a device that is named is loaded, held against float64, and measured", async () => {
    const terminal = fakeTerminal();
    expect(await doctor({ json: true, device: "tfjs-wasm" }, terminal)).toBe(0);
    const tried = (JSON.parse(terminal.printed) as Finding[]).filter(({ measured }) => measured !== undefined);
    expect(tried.map(({ name, state }) => [name, state])).toEqual([["tfjs-wasm", "ok"]]);
    const { difference, gflops, tokens_per_s } = tried[0]!.measured!;
    // float32: never exact, and never far off
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(1e-4);
    expect(gflops).toBeGreaterThan(0);
    expect(tokens_per_s).toBeGreaterThan(0);
  });

  test("a device that is not there is no failure, and comes with what to do", async () => {
    // on any machine: as if nobody had installed them
    for (const name of ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"]) {
      vi.doMock(name, () => {
        throw new Error(`Cannot find package '${name}'`);
      });
    }
    const terminal = fakeTerminal();
    expect(await doctor({ device: "gpu" }, terminal)).toBe(0);
    expect(terminal.printed).toMatch(/^– {7}tfjs-gpu: .*\n {8}To have (it|one): npm run native:tfjs/m);
  });

  test("a name that is no device is refused with those that are", async () => {
    await expect(doctor({ device: "tpu" }, fakeTerminal())).rejects.toThrow(
      /--device: there is no device "tpu"\n {2}One of: onnx-cpu, onnx-webgpu, onnx-cuda, tfjs-cpu, /,
    );
  });
});
