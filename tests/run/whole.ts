import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { killAt, type Trigger } from "./kill.ts";
import { Program } from "./program.ts";
import { resultOf } from "./result.ts";

export type RunResult = Awaited<ReturnType<typeof resultOf>>;

/** The compiled program and a run that nothing stopped, in the folder's `whole`: what runs that were killed are held against. */
export async function wholeRun(recipe: string) {
  const program = await Program.build();
  const folder = await mkdtemp(join(tmpdir(), "vlrl-whole-"));
  await finish(program, ["train", recipe, "--run-dir", join(folder, "whole"), "--json"]);
  const remove = async () => {
    await program.remove();
    await rm(folder, { recursive: true, force: true });
  };
  return { program, folder, whole: await resultOf(join(folder, "whole")), remove };
}

/** Kills a run at each of the moments, each in the process that goes on after the one before, and lets it end. */
export async function killedRun(
  program: Program,
  recipe: string,
  runDir: string,
  moments: readonly [string, Trigger][],
): Promise<RunResult> {
  for (const [moment, trigger] of moments) {
    const signal = await killAt(program, recipe, runDir, trigger);
    // a moment in the run itself is reached for certain; a time may come after the run's end on a fast machine
    if (!("afterMs" in trigger)) expect(signal, moment).toBe("SIGKILL");
  }
  await finish(program, ["train", recipe, "--run-dir", runDir, "--resume", "auto", "--json"]);
  return resultOf(runDir);
}

async function finish(program: Program, args: string[]): Promise<void> {
  const { code, err } = await program.run(args);
  expect(err).toBe("");
  expect(code).toBe(0);
}
