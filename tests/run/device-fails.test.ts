import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program, TINY } from "./program.ts";
import { metricsOf } from "./result.ts";

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-device-fails-"));
}, 120_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

/**
 * A module that Node loads first, on the engine's thread too: ONNX Runtime's runs of a graph with a loss work so many times, then every
 * one of any graph throws what the runtime says.
 */
function failing(after: number, message: string): string {
  const code = `
    import { createRequire } from "node:module";
    const ort = createRequire(${JSON.stringify(import.meta.url)})("onnxruntime-node");
    const create = ort.InferenceSession.create.bind(ort.InferenceSession);
    let passes = 0;
    ort.InferenceSession.create = async (...args) => {
      const session = await create(...args);
      const run = session.run.bind(session);
      session.run = async (...given) => {
        if (session.outputNames.includes("loss")) passes++;
        if (passes > ${after}) throw new Error(${JSON.stringify(message)});
        return run(...given);
      };
      return session;
    };`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

const args = (runDir: string, executor: string, device: string, ...more: string[]) => {
  const changes = ["stages.0.steps=3", "stages.0.eval_every=0", "stages.0.save_every=0", "stages.1.steps=1", "evaluation.initial=false"];
  const set = [...changes, `model.executor=${executor}`, `model.device=${device}`].flatMap((assignment) => ["--set", assignment]);
  return ["train", TINY, ...set, "--run-dir", runDir, "--json", ...more];
};

// as ONNX Runtime and its providers say it
test.each([
  [
    "memory",
    "bfc_arena.cc:376 BFCArena::AllocateRawInternal Available memory is smaller than requested bytes of 4096",
    /smaller than requested.*\n {2}Make the passes smaller/,
  ],
  [
    "lost",
    "WebGPU device lost (2): GPU connection lost",
    /device lost.*\n {2}Look at the driver's log, then go on from the last checkpoint with --resume, on another device/,
  ],
  [
    "unsupported",
    "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Gelu(20) node with name ''",
    /Could not find an implementation for Gelu.*\n {2}Take another device/,
  ],
])(
  "%s: the run ends by name with exit code 2 behind a checkpoint, and goes on on another device",
  async (failure, message, said) => {
    const runDir = join(folder, failure);
    // the first step is whole, the second fails
    const failed = await program.run(args(runDir, "onnx", "cpu"), { preload: [failing(4, message)] });
    expect(failed.code).toBe(2);
    expect(failed.err).toMatch(/^recipe: model\.device: onnx-cpu: /);
    expect(failed.err).toMatch(said);
    expect(failed.err).not.toMatch(/\n\s+at /);
    expect(await readdir(join(runDir, "checkpoints"))).toEqual(["warm-step-000001"]);
    const resumed = await program.run(args(runDir, "tfjs", "wasm", "--resume"));
    expect(resumed.err).toBe("");
    expect(resumed.code).toBe(0);
    expect(resumed.events).toContainEqual(
      expect.objectContaining({ type: "run", device: "tfjs-wasm", resumedFrom: { stage: "warm", step: 1 } }),
    );
    const rows = await metricsOf(runDir);
    expect(rows.map(({ stage, step }) => `${stage} ${step}`)).toEqual(["warm 1", "warm 2", "warm 3", "rl 1"]);
  },
  240_000,
);
