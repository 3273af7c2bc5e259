import { type FSWatcher, mkdirSync, watch } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { RunEvent } from "../../trainers/events.ts";
import type { Program } from "./program.ts";

/** A moment of a run: an event, a file that appears in a folder of it, or a time after the start of the process. */
export type Trigger = { event: (event: RunEvent) => boolean } | { file: [folder: string, name: RegExp] } | { afterMs: number };

/** Starts or goes on with a run and kills it with SIGKILL at the given moment. Returns the signal that ended it, null where the moment never came. */
export async function killAt(program: Program, recipe: string, runDir: string, trigger: Trigger): Promise<NodeJS.Signals | null> {
  const kill = () => started.kill("SIGKILL");
  let watcher: FSWatcher | null = null;
  if ("file" in trigger) {
    const [where, name] = trigger.file;
    mkdirSync(join(runDir, where), { recursive: true });
    watcher = watch(join(runDir, where), (_, file) => {
      if (file !== null && name.test(file)) kill();
    });
  }
  const onEvent = (event: RunEvent) => {
    if ("event" in trigger && trigger.event(event)) kill();
  };
  const started = program.start(["train", recipe, "--run-dir", runDir, "--resume", "auto", "--json"], { onEvent });
  const timer = "afterMs" in trigger ? setTimeout(kill, trigger.afterMs) : undefined;
  const { signal, err } = await started.ended;
  watcher?.close();
  clearTimeout(timer);
  expect(err).toBe("");
  return signal;
}
