import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadPlan } from "../../cli/plan.ts";
import { EmbeddedEngine } from "../../engines/embedded/engine.ts";
import type { Engine } from "../../engines/engine.ts";
import { DeviceError, type DeviceValue, type Executor, type SessionOptions } from "../../engines/executor.ts";
import type { Tensor } from "../../engines/graph/tensor.ts";
import { OnnxExecutor } from "../../engines/onnx/executor.ts";
import { openModel } from "../../models/open.ts";
import type { EngineStart } from "../../trainers/engine.ts";
import type { RunEvent } from "../../trainers/events.ts";
import { losses } from "../../trainers/losses/index.ts";
import { runPlan } from "../../trainers/run.ts";
import { TINY } from "./program.ts";
import { metricsOf, weightHashes } from "./result.ts";

/** Which run of a graph fails, of those that have this output, counted from the moment that a test arms it. */
interface Failure {
  output: string;
  count: number;
}
const device = vi.hoisted(() => ({
  failure: null as Failure | null,
  armed: false,
  /** where the weights lie between runs, and what goes wrong */
  state: "host" as "host" | "device",
  kind: "lost" as "lost" | "memory",
}));

/** ONNX Runtime on a device that is lost when it is told to be. */
class FragileExecutor extends OnnxExecutor {
  override async create<Name extends string>(outputs: Record<Name, Tensor>, options?: SessionOptions) {
    const session = await super.create(outputs, options);
    const mayFail = () => {
      const { failure, armed } = device;
      if (!armed || failure === null || !(failure.output in outputs) || --failure.count > 0) return;
      throw new DeviceError("onnx-fragile", device.kind, "the device failed");
    };
    const run: typeof session.run = async (feeds) => {
      mayFail();
      return session.run(feeds);
    };
    const runOn: typeof session.runOn = async (feeds, stay) => {
      mayFail();
      const results = await session.runOn(feeds, stay);
      for (const value of Object.values<DeviceValue | undefined>(results.staying)) unreadableOnceLost(value!);
      return results;
    };
    return { inputNames: session.inputNames, run, runOn, release: () => session.release() };
  }
}

/** What lies on a device goes with it. */
function unreadableOnceLost(value: DeviceValue): void {
  const { read } = value;
  value.read = async () => {
    const { failure, kind } = device;
    if (kind === "lost" && failure !== null && failure.count <= 0) throw new DeviceError("onnx-fragile", "lost", "the device was lost");
    return read.call(value);
  };
}

vi.mock("../../trainers/engine.ts", () => ({
  async startEngine({ folder, open, slots, threads }: EngineStart) {
    const { policy, weights, halves, store } = await openModel(folder, open);
    const executor: Executor = new FragileExecutor({ threads });
    return inTurn(new EmbeddedEngine(policy, weights, losses, store, { slots, threads, halves, executor, state: device.state }));
  },
}));

/** Calls answered one after the other, as on a thread of its own. */
function inTurn(engine: Engine): Engine {
  let queue: Promise<unknown> = Promise.resolve();
  return new Proxy(engine, {
    get: (target, name: keyof Engine) => {
      const method = target[name] as ((...args: unknown[]) => Promise<unknown>) | undefined;
      if (method === undefined) return undefined;
      return (...args: unknown[]) => {
        const answer = queue.then(() => method.apply(target, args));
        queue = answer.catch(() => {});
        return answer;
      };
    },
  });
}

let folder: string;
let whole: { weights: Record<string, string>; metrics: Record<string, unknown>[] };
const SET = [
  "stages.0.save_every=0",
  "stages.1.save_every=0",
  "stages.0.steps=3",
  "stages.0.eval_every=2",
  "stages.1.steps=2",
  "stages.1.epochs=1",
  "evaluation.initial=false",
];

async function run(name: string, resume: "no" | "must", listener: (event: RunEvent) => void = () => {}) {
  const plan = await loadPlan(TINY, SET);
  const runDir = join(folder, name);
  const summary = await runPlan(plan, { runDir, resume, signal: new AbortController().signal, listener });
  return { weights: await weightHashes(summary.checkpoint), metrics: await metricsOf(runDir) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-device-"));
  whole = await run("whole", "no");
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const trainingPasses = 2; // batches of 8 in micro-batches of 4

describe("a device that is lost", () => {
  test.each<[string, (event: RunEvent) => boolean, Failure, string]>([
    ["in an SFT step", (e) => e.type === "step" && e.step === 1, { output: "loss", count: trainingPasses }, "warm-step-000001"],
    ["while a group is sampled", (e) => e.type === "step" && e.stage === "rl", { output: "next", count: 3 }, "rl-step-000001"],
    ["in the evaluation on the way", (e) => e.type === "step" && e.step === 2, { output: "next", count: 2 }, "warm-step-000002"],
    ["in the evaluation after a stage", (e) => e.type === "step" && e.step === 3, { output: "next", count: 2 }, "warm-step-000003"],
  ])("%s ends the run by name after saving, and resumed it ends as if nothing had been", async (moment, from, failure, saved) => {
    const name = moment.replaceAll(" ", "-");
    Object.assign(device, { failure: { ...failure }, armed: false });
    const failed = run(name, "no", (event) => {
      device.armed ||= from(event);
    });
    await expect(failed).rejects.toMatchObject({ name: "DeviceError", failure: "lost" });
    expect(await readdir(join(folder, name, "checkpoints"))).toContain(saved);
    device.failure = null;
    const resumed = await run(name, "must");
    expect(resumed.weights).toEqual(whole.weights);
    // an evaluation on the way is not made up for; the one after a stage is, in a row of its own
    const rows = new Map<unknown, object>();
    for (const row of resumed.metrics) rows.set(row.total_step, { ...rows.get(row.total_step), ...row });
    const lost = moment === "in the evaluation on the way" ? 2 : null;
    const expected = whole.metrics.map((row) =>
      row.total_step === lost ? Object.fromEntries(Object.entries(row).filter(([key]) => !key.startsWith("eval_"))) : row,
    );
    expect([...rows.values()]).toEqual(expected);
  });

  test("between two updates of one step leaves the last checkpoint, and says so", async () => {
    Object.assign(device, { failure: { output: "loss", count: 2 }, armed: false });
    const warnings: string[] = [];
    const failed = run("between", "no", (event) => {
      device.armed ||= event.type === "step" && event.stage === "rl";
      if (event.type === "warning") warnings.push(event.message);
    });
    await expect(failed).rejects.toMatchObject({ name: "DeviceError" });
    expect(warnings).toEqual(["the device failed in the middle of an update: the last checkpoint is what there is"]);
    expect(await readdir(join(folder, "between", "checkpoints"))).toEqual(["warm-step-000003"]);
    device.failure = null;
    expect((await run("between", "must")).weights).toEqual(whole.weights);
  });
});

describe("a device that has the weights", () => {
  test.each([
    { kind: "memory" as const, last: ["rl-step-000001", "warm-step-000003"], warned: [] },
    {
      kind: "lost" as const,
      last: ["warm-step-000003"],
      warned: ["the device that failed had the weights: the last checkpoint is what there is"],
    },
  ])("and fails by $kind between steps leaves what can still be read, and resumed it ends as if nothing had been", async (one) => {
    Object.assign(device, { failure: null, armed: false, state: "device", kind: one.kind });
    const unbroken = await run(`unbroken-${one.kind}`, "no");
    device.failure = { output: "next", count: 3 };
    const warnings: string[] = [];
    const failed = run(one.kind, "no", (event) => {
      device.armed ||= event.type === "step" && event.stage === "rl";
      if (event.type === "warning") warnings.push(event.message);
    });
    await expect(failed).rejects.toMatchObject({ name: "DeviceError", failure: one.kind });
    expect(warnings).toEqual(one.warned);
    expect((await readdir(join(folder, one.kind, "checkpoints"))).sort()).toEqual(one.last);
    device.failure = null;
    expect((await run(one.kind, "must")).weights).toEqual(unbroken.weights);
    device.state = "host";
  });
});
